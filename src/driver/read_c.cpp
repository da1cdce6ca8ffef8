// Hands the C parts to cdefs, with what it may ask the kernel.
#include "driver/read_c.h"

#include <cstdlib>
#include <filesystem>

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

}  // namespace

cdefs::Definitions read_c(const Sources &sources, size_t file, kernel::Kernel &kernel, const CHeaders &headers,
                          Diagnostics &diagnostics) {
  CParts parts = find_c_parts(sources, file);
  if (parts.where.empty() && headers.files.empty())
    return {};
  const SourceFile &script = sources.file(file);
  cdefs::Options options;
  options.include_folders = headers.folders;
  options.include_files = headers.files;
  options.script_folder = std::filesystem::path(script.name).parent_path();
  options.kernel_source = environment("BPFTRACE_KERNEL_SOURCE");
  options.kernel_build = environment("BPFTRACE_KERNEL_BUILD");
  options.kernel_has_btf = kernel_type(kernel, "task_struct").has_value();
  options.kernel_type = [&kernel](const std::string &name) { return kernel_type(kernel, name); };
  options.used_names = std::move(parts.names);
  auto end = script.base + static_cast<uint32_t>(script.text.size());
  return cdefs::parse_c(parts.text(script), {script.base, end}, options, diagnostics);
}

}  // namespace sonde::driver
