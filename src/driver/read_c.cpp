// Hands the C parts to cdefs, with what it may ask the kernel.
#include "driver/read_c.h"

#include <cstdlib>
#include <filesystem>
#include <set>

#include "lexer/c_parts.h"

namespace sonde::driver {
namespace {

std::optional<std::string> environment(const char *name) {
  const char *value = std::getenv(name);
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

// "struct path" → the kernel's "path".
std::optional<Type> kernel_type(kernel::Kernel &kernel, const std::string &name) {
  size_t space = name.find(' ');
  auto found = kernel.type(space == std::string::npos ? name : name.substr(space + 1));
  return found ? *found : std::nullopt;
}

template <typename Names> void replace(Names &into, Names &&newer) {
  newer.merge(into);
  into = std::move(newer);
}

void merge(cdefs::Definitions &into, cdefs::Definitions newer) {
  replace(into.types, std::move(newer.types));
  replace(into.enumerators, std::move(newer.enumerators));
  replace(into.macros, std::move(newer.macros));
  replace(into.macro_texts, std::move(newer.macro_texts));
}

cdefs::Definitions read_file(const SourceFile &script, const CParts &parts, cdefs::Options options,
                             Diagnostics &diagnostics) {
  options.script_folder = std::filesystem::path(script.name).parent_path();
  auto end = script.base + static_cast<uint32_t>(script.text.size());
  return cdefs::parse_c(parts.text(script), {script.base, end}, options, diagnostics);
}

}  // namespace

cdefs::Options c_options(kernel::Kernel &kernel, const CHeaders &headers) {
  cdefs::Options options;
  options.arch = kernel.arch();
  options.include_folders = headers.folders;
  options.include_files = headers.files;
  options.kernel_source = environment("BPFTRACE_KERNEL_SOURCE");
  options.kernel_build = environment("BPFTRACE_KERNEL_BUILD");
  options.kernel_has_btf = kernel_type(kernel, "task_struct").has_value();
  options.kernel_type = [&kernel](const std::string &name) { return kernel_type(kernel, name); };
  return options;
}

cdefs::Definitions read_c(const Sources &sources, std::span<const size_t> files, kernel::Kernel &kernel,
                          const CHeaders &headers, Diagnostics &diagnostics) {
  std::vector<CParts> parts;
  std::set<std::string> names;
  bool has_c = !headers.files.empty();
  for (size_t file : files) {
    parts.push_back(find_c_parts(sources, file));
    names.insert(parts.back().names.begin(), parts.back().names.end());
    has_c |= !parts.back().where.empty();
  }
  if (!has_c)
    return {};
  cdefs::Options options = c_options(kernel, headers);
  options.used_names = std::move(names);
  cdefs::Definitions definitions;
  for (size_t i = 0; i < files.size(); ++i)
    // The headers are read with the script, which is the last, though it may have no C itself.
    if (!parts[i].where.empty() || (i + 1 == files.size() && !headers.files.empty()))
      merge(definitions, read_file(sources.file(files[i]), parts[i], options, diagnostics));
  return definitions;
}

}  // namespace sonde::driver
