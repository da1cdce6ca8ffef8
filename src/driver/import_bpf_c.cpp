// What a file declares is read from the BTF that Clang makes of it.
#include "driver/import_bpf_c.h"

#include "cdefs/compile_bpf_c.h"
#include "image/image_file.h"
#include "kernel/btf.h"
#include "kernel/vmlinux_header.h"

namespace sonde::driver {
namespace {

std::string text_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

void add_types(const kernel::Btf &btf, kernel::Kernel &kernel, cdefs::Definitions &definitions) {
  for (const std::string &name : btf.type_names()) {
    auto of_kernel = kernel.type(name.substr(name.find(' ') + 1));
    auto type = of_kernel && *of_kernel ? std::nullopt : btf.find_type(name);
    if (!type)
      continue;
    if (type->enumerators)
      for (const Enumerator &enumerator : *type->enumerators)
        definitions.enumerators[enumerator.name] = {enumerator.value, name};
    definitions.types[name] = std::move(*type);
  }
}

void add_functions(const kernel::Btf &btf, const ImportedFiles::BpfC &file, builtins::CFunctions &functions,
                   Diagnostics &diagnostics) {
  for (std::string_view name : btf.function_names()) {
    auto prototype = btf.is_global_function(name) ? btf.function_prototype(name) : std::nullopt;
    if (!prototype)
      continue;
    if (auto added = functions.add(std::string(name), std::move(*prototype)); !added)
      diagnostics.error(file.import, "could not import {}: {}", file.path, added.error().cause)
          .with_hint("what is only for the C itself can be static");
  }
}

}  // namespace

ImportedC import_bpf_c(const std::vector<ImportedFiles::BpfC> &files, kernel::Kernel &kernel, const CHeaders &headers,
                       cdefs::Definitions &definitions, Sources &sources, Diagnostics &diagnostics) {
  ImportedC imported;
  if (files.empty())
    return imported;
  cdefs::Options options = c_options(kernel, headers);
  for (const ImportedFiles::BpfC &file : files) {
    auto object = cdefs::compile_bpf_c(file.path, file.import, options, kernel::vmlinux_header, sources, diagnostics);
    if (!object)
      continue;
    auto bitcode = image::find_section(*object, ".llvmbc"), types = image::find_section(*object, ".BTF");
    std::unique_ptr<kernel::Btf> btf = types ? kernel::parse_btf(text_of(*types)) : nullptr;
    if (!bitcode || !btf) {
      diagnostics.error(file.import, "could not import {}: there is no function in it", file.path);
      continue;
    }
    add_types(*btf, kernel, definitions);
    add_functions(*btf, file, imported.functions, diagnostics);
    imported.modules.push_back({file.path, file.import, {bitcode->begin(), bitcode->end()}});
  }
  return imported;
}

}  // namespace sonde::driver
