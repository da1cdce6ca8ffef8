// Drives LLVM. The passes are the few that pay for programs of this size; none of them merges or
// moves accesses in ways that the verifier cannot follow (emit_context.cpp guards context loads).
#include "codegen/optimize_and_emit.h"

#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/SimplifyCFGOptions.h>

#include <cassert>
#include <cstdio>
#include <cstdlib>

// Only this target is ever linked: llvm/Support/TargetSelect.h would name all of them.
extern "C" {
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
}

namespace sonde::codegen {
namespace {

constexpr const char *kTriple = "bpfel-pc-linux";

// LLVM does not return from what it calls fatal, and aborts unless told how to end.
[[noreturn]] void refuse_script(void *, const char *reason, bool) {
  std::fprintf(stderr, "ERROR: LLVM cannot make a BPF program of this script: %s\nHINT: is a probe very large? %s\n",
               reason, "several probes of the same event can share the work");
  std::_Exit(EXIT_FAILURE);
}

const llvm::Target &bpf_target() {
  static const llvm::Target *target = [] {
    llvm::install_fatal_error_handler(refuse_script);
    LLVMInitializeBPFTargetInfo();
    LLVMInitializeBPFTarget();
    LLVMInitializeBPFTargetMC();
    LLVMInitializeBPFAsmPrinter();
    std::string error;
    const llvm::Target *found = llvm::TargetRegistry::lookupTarget(kTriple, error);
    assert(found && "LLVM has no BPF target");
    return found;
  }();
  return *target;
}

std::string text_of(const llvm::Module &module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

// Sinking and hoisting of common instructions stay off: they make one load of two addresses.
void run_passes(llvm::Module &module, llvm::TargetMachine &target) {
  llvm::legacy::FunctionPassManager passes(&module);
  passes.add(llvm::createTargetTransformInfoWrapperPass(target.getTargetIRAnalysis()));
  passes.add(new llvm::TargetLibraryInfoWrapperPass(llvm::TargetLibraryInfoImpl(target.getTargetTriple())));
  llvm::SimplifyCFGOptions cfg;
  passes.add(llvm::createCFGSimplificationPass(cfg));
  passes.add(llvm::createSROAPass());
  passes.add(llvm::createEarlyCSEPass());
  passes.add(llvm::createInstructionCombiningPass());
  passes.add(llvm::createCFGSimplificationPass(cfg));
  passes.doInitialization();
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      passes.run(function);
  passes.doFinalization();
}

template <typename Buffer> void emit(llvm::Module &module, llvm::TargetMachine &target, Buffer &buffer, bool as_text) {
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager passes;
  auto kind = as_text ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  [[maybe_unused]] bool failed = target.addPassesToEmitFile(passes, stream, nullptr, kind, /*DisableVerify=*/true);
  assert(!failed && "the BPF target emits assembly and objects");
  passes.run(module);
}

void check(const llvm::Module &module) {
#ifndef NDEBUG
  std::string problems;
  llvm::raw_string_ostream stream(problems);
  if (llvm::verifyModule(module, &stream)) {
    llvm::errs() << problems << "\n" << text_of(module);
    assert(false && "generated invalid IR");
  }
#else
  (void)module;
#endif
}

}  // namespace

std::string llvm_version() { return LLVM_VERSION_STRING; }

std::unique_ptr<llvm::TargetMachine> make_target(kernel::KernelVersion version) {
  // v3's atomic operations with a result came with 5.12; the rest of v3 is older.
  const char *cpu = version >= kernel::KernelVersion{5, 12, 0} ? "v3" : "v2";
  llvm::TargetOptions options;
  return std::unique_ptr<llvm::TargetMachine>(bpf_target().createTargetMachine(
      kTriple, cpu, "", options, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
}

void optimize(llvm::Module &module, llvm::TargetMachine &target, Dumps &dumps) {
  check(module);
  if (dumps.want_ir)
    dumps.ir = text_of(module);
  run_passes(module, target);
  check(module);
  if (dumps.want_optimized_ir)
    dumps.optimized_ir = text_of(module);
}

std::vector<uint8_t> emit_object(llvm::Module &module, llvm::TargetMachine &target, Dumps &dumps) {
  if (dumps.want_assembly) {
    // Emission changes the module that it is given.
    llvm::SmallString<0> text;
    emit(*llvm::CloneModule(module), target, text, true);
    dumps.assembly = text.str().str();
  }
  llvm::SmallVector<char, 0> object;
  emit(module, target, object, false);
  return {object.begin(), object.end()};
}

}  // namespace sonde::codegen
