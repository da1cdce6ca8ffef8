// Takes a builtin's format apart.
#include "builtins/check_format.h"

namespace sonde::builtins {

std::optional<image::PrintfFormat> check_format(sema::BuiltinUse &use) {
  std::optional<std::string> text = use.literal(0);
  if (!text)
    return std::nullopt;
  Result<image::PrintfFormat> format = image::parse_printf_format(*text);
  if (!format) {
    use.error(use.where(0), format.error().cause).with_hint(format.error().hint);
    return std::nullopt;
  }
  size_t wanted = format->argument_count(), given = use.count() - 1;
  if (wanted == given)
    return format.take();
  Location where = given > wanted ? use.where(1 + wanted) : use.where(0);
  use.error(where, fmt::format("the format takes {} argument{}, but {} {} given", wanted, wanted == 1 ? "" : "s", given,
                               given == 1 ? "is" : "are"));
  return std::nullopt;
}

}  // namespace sonde::builtins
