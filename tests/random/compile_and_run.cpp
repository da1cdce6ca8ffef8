// Compiles in memory, loads through the runtime's loader, runs begin programs directly.
#include "compile_and_run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "builtins/builtin.h"
#include "codegen/generate.h"
#include "parser/parse.h"
#include "sema/analyze.h"

namespace sonde::random {

std::unique_ptr<Compiled> compile(const std::string &script, kernel::Kernel &kernel) {
  auto result = std::make_unique<Compiled>();
  Sources sources;
  size_t file = sources.add("random.bt", script);
  Diagnostics diagnostics;
  result->program = parse(sources, file, {}, diagnostics);
  if (!diagnostics.has_errors())
    result->analysis = sema::analyze(result->program, kernel, builtins::all_builtins(), {}, diagnostics);
  if (diagnostics.has_errors()) {
    result->problems = diagnostics.format(sources);
    return result;
  }
  codegen::Dumps dumps;
  result->image = codegen::generate(result->analysis, sources, kernel, diagnostics, dumps);
  if (diagnostics.has_errors())
    result->problems = diagnostics.format(sources);
  return result;
}

Loaded::Loaded(const image::ProgramImage &image, kernel::Kernel &kernel) : image_(image) {
  auto loaded = runtime::load_object(image, runtime::SmallBtf(), kernel, {});
  if (loaded)
    object_ = loaded.take();
  else
    problems_ =
        loaded.error().action + " " + loaded.error().object + ": " + loaded.error().cause + "\n" + loaded.error().hint;
}

bool Loaded::run_begin() {
  for (const image::ProgramSpec &spec : image_.programs) {
    if (spec.provider != image::ProviderKind::Begin)
      continue;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    if (bpf_prog_test_run_opts(bpf_program__fd(object_->program(spec.function)), &options) != 0 || options.retval != 0)
      return false;
  }
  return true;
}

std::map<uint64_t, uint64_t> Loaded::entries(const std::string &map) const {
  std::map<uint64_t, uint64_t> result;
  int fd = object_->map_fd(map);
  uint64_t key = 0, next = 0, value = 0;
  for (const void *from = nullptr; bpf_map_get_next_key(fd, from, &next) == 0; from = &key) {
    key = next;
    if (bpf_map_lookup_elem(fd, &key, &value) == 0)
      result[key] = value;
  }
  return result;
}

}  // namespace sonde::random
