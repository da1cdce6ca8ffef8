// Makes the image: the object from LLVM, everything else from the analysis.
#include "codegen/generate.h"

#include <llvm/Target/TargetMachine.h>

#include "codegen/module_builder.h"
#include "codegen/optimize_and_emit.h"

namespace sonde::codegen {
namespace {

image::ProgramSpec program_spec(const sema::Unit &unit) {
  image::ProgramSpec spec;
  spec.function = unit.function;
  spec.provider = unit.provider->kind();
  spec.targets = unit.targets;
  spec.needs_cookie = unit.needs_cookie;
  spec.where = unit.probe->where;
  return spec;
}

}  // namespace

image::ProgramImage generate(const sema::Analysis &analysis, const Sources &sources, kernel::Kernel &kernel,
                             Dumps &dumps) {
  image::ProgramImage image;
  for (const sema::Unit &unit : analysis.units)
    image.programs.push_back(program_spec(unit));
  image.probe_names = analysis.probe_names;
  image.maps = analysis.maps;
  image.events = analysis.events;
  image.parameters = analysis.parameters;
  image.config = analysis.config;
  if (sources.size()) {
    image.source_name = sources.file(0).name;
    image.source_text = sources.file(0).text;
  }
  std::unique_ptr<llvm::TargetMachine> target = make_target(kernel.version());
  ModuleBuilder builder(analysis, sources, kernel, *target);
  builder.build();
  image.object = optimize_and_emit(builder.module(), *target, dumps);
  return image;
}

}  // namespace sonde::codegen
