// Numbers in the kernel's memory. From 6.2 on a program may declare any number to be the address of a kernel type and
// load from there, at a tenth of what a helper takes. What cannot be read is zero, as it is with the helper.
//
//   *(u32 *)(p + 40)  →  q = bpf_rdonly_cast(p + 32, id of a struct of words); *(u32 *)(q + 8)
//
// One type serves for all: an array of words holds a number of any size at every distance. That the type is another's
// does not matter; a cast to the true one would make typed pointers of what is loaded, with which the verifier lets
// programs do less than with numbers. The distance is split so that neighbouring fields share a cast, which becomes a
// copy of a register.
//
// Where failed reads are counted (-k), and on other kernels, a helper reads.
#include <llvm/ADT/bit.h>

#include "codegen/emitter.h"
#include "codegen/kernel_call.h"
#include "codegen/module_builder.h"
#include "kernel/requirements.h"

namespace sonde::codegen {
namespace {

constexpr const char *kWords = "cpumask";  // unsigned long bits[], include/linux/cpumask_types.h

}  // namespace

Emitter::DirectReads Emitter::find_direct_reads() {
  kernel::Kernel &kernel = module_.kernel();
  const std::string cast(kernel::kDirectRead);
  if (!kernel.is_the_one() || !kernel.has(kernel::Feature::DirectReads) ||
      !kernel.programs_may_call(cast, unit_.provider->section()))
    return {};
  Result<std::optional<Type>> words = kernel.type(kWords);
  if (!words || !words.value() || words.value()->size < sizeof(uint64_t))
    return {};
  return {kernel.function_id(cast), kernel.type_id(kWords), llvm::bit_floor(words.value()->size)};
}

// What is loaded is kept apart: of two places in turn LLVM would make one load of a chosen address, which the verifier
// refuses where one of them is typed.
llvm::Value *Emitter::read_kernel(llvm::Value *address, uint32_t size) {
  if (!direct_reads_)
    direct_reads_ = find_direct_reads();
  if (direct_reads_->cast == 0 || counts_failed_reads_) {
    llvm::Value *memory = allocate(size);
    read_memory(memory, size, address, AddressSpace::Kernel);
    return load(memory, Type::integer(size * 8, false));
  }
  auto [base, distance] = split_address(address);
  uint64_t within = distance & (direct_reads_->words - 1);
  if (within + size > direct_reads_->words)
    within = 0;
  llvm::Value *start = ir_.CreateAdd(base, constant(distance - within));
  llvm::Value *words = helper(kernel_call(direct_reads_->cast), {start, constant(direct_reads_->type)}, Purity::PerRun);
  llvm::Value *place = offset(ir_.CreateIntToPtr(words, ir_.getPtrTy()), within);
  return kept_apart(load_aligned(place, size, size), module_.next_number());
}

// base + distance, of which the distance is known.
std::pair<llvm::Value *, uint64_t> Emitter::split_address(llvm::Value *address) {
  uint64_t distance = 0;
  for (auto *sum = llvm::dyn_cast<llvm::BinaryOperator>(address); sum && sum->getOpcode() == llvm::Instruction::Add;
       sum = llvm::dyn_cast<llvm::BinaryOperator>(address)) {
    auto *known = llvm::dyn_cast<llvm::ConstantInt>(sum->getOperand(1));
    if (!known)
      break;
    distance += known->getZExtValue();
    address = sum->getOperand(0);
  }
  return {address, distance};
}

}  // namespace sonde::codegen
