// Makes the image: the object from LLVM, everything else from the analysis.
#include "codegen/generate.h"

#include <fmt/format.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <utility>

#include "codegen/kernel_call.h"
#include "codegen/link_c.h"
#include "codegen/module_builder.h"
#include "codegen/optimize_and_emit.h"
#include "image/enums_of_image.h"

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

// Enumerators of the kernel's print by the names that they have where the image is loaded.
void note_enums(const sema::Analysis &analysis, image::ProgramImage &image) {
  image::replace_enums(image, [&](const Type &type) {
    image::KernelUse use = image::use_of_names(type);
    auto first = analysis.types->constant(use.of);
    // Programs have enums of their own.
    if (first && first->is_of_kernel && first->type.name == type.name &&
        first->type.enumerators->size() == type.enumerators->size())
      image::add_use(image.kernel_uses, std::move(use));
    return type;
  });
}

// What an image needs that leaves this machine.
void add_portable_parts(const sema::Analysis &analysis, kernel::Kernel &kernel, ModuleBuilder &builder,
                        image::ProgramImage &image) {
  kernel::KernelVersion oldest = kernel.version();
  image.oldest_kernel = fmt::format("{}.{}.{}", oldest.major, oldest.minor, oldest.patch);
  image.arch = name_of(kernel.arch());
  image.kernel_uses = builder.take_kernel_uses();
  note_enums(analysis, image);
  image.attach_points = analysis.attach_points;
  image.texts = builder.take_texts();
  for (uint32_t i = 0; i < analysis.units.size(); ++i) {
    const sema::Unit &unit = analysis.units[i];
    image.programs[i].fit = unit.fit;
    image.programs[i].syscall_table = builder.syscall_table_offset(unit);
    for (uint32_t point : unit.points)
      if (auto &programs = image.attach_points[point].programs; programs.empty() || programs.back() != i)
        programs.push_back(i);
  }
  std::erase_if(image.attach_points, [](const image::AttachPoint &point) { return point.programs.empty(); });
}

bool report_refusals(const ModuleBuilder &builder, Diagnostics &diagnostics) {
  for (const ModuleBuilder::Refusal &refusal : builder.refusals())
    diagnostics.error(refusal.where, "{}", refusal.why);
  return !builder.refusals().empty();
}

// BPF's branches reach 32,767 instructions; one of the IR is about one of BPF. What slips through, LLVM refuses
// itself (optimize_and_emit.cpp), without knowing the probe.
constexpr unsigned kMostInstructions = 28'000;
// Before LLVM's passes, which take longer than linear time: more than this does not shrink to the above.
constexpr unsigned kMostUnoptimized = 4 * kMostInstructions;
constexpr unsigned kMostFunctions = 256;  // of one program: BPF_MAX_SUBPROGS of the verifier

// The functions of a unit's loops and parts bear its name (emit_callback.cpp).
bool is_of(const llvm::Function &function, const sema::Unit &unit) {
  llvm::StringRef name = function.getName();
  return name.consume_front(unit.function) && (name.empty() || name.starts_with("_"));
}

// Why the unit's code does not fit; empty when it does.
std::string why_too_large(const llvm::Module &module, const sema::Unit &unit, unsigned most) {
  unsigned functions = 0;
  for (const llvm::Function &function : module) {
    if (!is_of(function, unit))
      continue;
    if (function.getInstructionCount() > most)
      return fmt::format("{} instructions of at most {}", function.getInstructionCount(), most);
    ++functions;
  }
  return functions > kMostFunctions ? fmt::format("{} functions of at most {}", functions, kMostFunctions) : "";
}

// Asked of each unit only where there is a reason to: that takes the square of the length of a script.
bool has_too_large(const llvm::Module &module, const sema::Analysis &analysis, unsigned most) {
  auto is_long = [&](const llvm::Function &function) { return function.getInstructionCount() > most; };
  if (module.size() <= kMostFunctions && std::none_of(module.begin(), module.end(), is_long))
    return false;
  return std::any_of(analysis.units.begin(), analysis.units.end(),
                     [&](const sema::Unit &unit) { return !why_too_large(module, unit, most).empty(); });
}

void report_too_large(const llvm::Module &module, const sema::Analysis &analysis, unsigned most,
                      Diagnostics &diagnostics) {
  for (const sema::Unit &unit : analysis.units)
    if (std::string why = why_too_large(module, unit, most); !why.empty())
      diagnostics.error(unit.probe->where, "this probe is too large for BPF: {}", why)
          .with_hint("several probes of the same event can share the work");
}

// Newer kernels may give each function a stack of its own, and then have the last word.
constexpr kernel::KernelVersion kPrivateStacks{6, 13, 0};

void report_too_deep(const llvm::Function &program, const sema::Analysis &analysis, kernel::Kernel &kernel,
                     Diagnostics &diagnostics) {
  if (kernel.version() >= kPrivateStacks)
    return;
  for (const sema::Unit &unit : analysis.units)
    if (program.getName() == unit.function)
      diagnostics
          .error(unit.probe->where, "the loops of this probe are nested too deeply for the stack of a BPF program")
          .with_hint("fewer levels of loops, or the inner ones over few enough rounds to be unrolled");
}

}  // namespace

image::ProgramImage generate(const sema::Analysis &analysis, const Sources &sources, kernel::Kernel &kernel,
                             Diagnostics &diagnostics, Dumps &dumps, const std::vector<CModule> &c_modules) {
  image::ProgramImage image;
  for (const sema::Unit &unit : analysis.units)
    image.programs.push_back(program_spec(unit));
  image.probe_names = analysis.probe_names;
  image.maps = analysis.maps;
  image.events = analysis.events;
  image.is_stamped = analysis.is_stamped;
  image.scope = analysis.scope;
  image.config = analysis.config;
  if (sources.size()) {
    image.source_name = sources.file(0).name;
    image.source_text = sources.file(0).text;
    for (size_t i = 1; i < sources.size(); ++i)
      image.imported.push_back({sources.file(i).name, sources.file(i).text});
  }
  std::unique_ptr<llvm::TargetMachine> target = make_target(kernel.version());
  for (Economy economy;;) {
    ModuleBuilder builder(analysis, sources, kernel, *target, economy);
    builder.build();
    image.failure_sites = builder.take_failure_sites();
    image.parameters = builder.take_parameters();
    if (report_refusals(builder, diagnostics))
      return image;
    if (!kernel.is_the_one())
      add_portable_parts(analysis, kernel, builder, image);
    if (!c_modules.empty() && !link_c(builder.module(), c_modules, !kernel.is_the_one(), diagnostics))
      return image;
    unsigned most = kMostUnoptimized;
    if (!has_too_large(builder.module(), analysis, most)) {
      optimize(builder.module(), *target, dumps);
      most = kMostInstructions;
    }
    if (has_too_large(builder.module(), analysis, most)) {
      if (std::exchange(economy.rolls_loops, true)) {
        report_too_large(builder.module(), analysis, most, diagnostics);
        return image;
      }
      continue;
    }
    image.object = emit_object(builder.module(), *target, dumps);
    put_kernel_calls_right(image.object);
    if (!builder.is_out_of_stack())
      break;
    if (std::exchange(economy.spares_stack, true)) {
      if (const llvm::Function *program = builder.too_deep_program())
        report_too_deep(*program, analysis, kernel, diagnostics);
      break;
    }
  }
  return image;
}

}  // namespace sonde::codegen
