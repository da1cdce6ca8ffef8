// The script's own options.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

// Which options there are, and their types, is known before types are checked.
Type check_getopt(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  return name ? use.option(*name) : Type::none();
}

// The emitter takes known values, numbers and texts, without asking: this one the command line of the run will say.
llvm::Value *emit_getopt(Emitter &e, const BuiltinSite &site) {
  const std::string &name = *e.info(site.argument(0)).text;
  if (!site.info.type.is_string())
    return e.ir().CreateTrunc(e.parameter(image::ParameterKind::Option, name), e.type_of(site.info.type));
  e.copy_text(image::ParameterKind::Option, name, site.destination, site.info.type.size);
  return site.destination;
}

constexpr Builtin kRows[] = {
    {"getopt", Form::Function, 1, 3, "getopt(\"name\" [, default [, \"description\"]])",
     "An option of the script, as given by --name=value behind --; without a default, a bool.", check_getopt,
     emit_getopt},
};

}  // namespace

std::span<const Builtin> option_builtins() { return kRows; }

}  // namespace sonde::builtins
