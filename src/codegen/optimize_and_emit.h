// LLVM's side of the work: the BPF target, the passes, the object file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codegen/generate.h"
#include "kernel/kernel.h"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace sonde::codegen {

// The BPF target with the instruction set that `version` has.
std::unique_ptr<llvm::TargetMachine> make_target(kernel::KernelVersion version);

// Runs the passes; dumps the IR before and after them where wanted.
void optimize(llvm::Module &module, llvm::TargetMachine &target, Dumps &dumps);

// Returns the bytes of the object; dumps the assembly where wanted.
std::vector<uint8_t> emit_object(llvm::Module &module, llvm::TargetMachine &target, Dumps &dumps);

}  // namespace sonde::codegen
