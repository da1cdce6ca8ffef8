// Memory: where temporaries live, clearing, copying, reading of kernel and user memory.
#include <llvm/ADT/bit.h>
#include <llvm/IR/InlineAsm.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// Up to here stores in line beat a helper call.
constexpr uint32_t kInlineBytes = 128;

// The helper for an address of unknown space tells kernel and user addresses apart by their value,
// on architectures (x86) where they do not overlap.
Helper string_reader(AddressSpace space) {
  return space == AddressSpace::None ? Helper::ProbeReadStr : Helper::ProbeReadKernelStr;
}

}  // namespace

llvm::Value *Emitter::allocate(uint32_t size, [[maybe_unused]] uint32_t alignment) {
  assert(alignment <= 8 && "pieces start at multiples of 8");
  uint32_t rounded = (std::max(size, 1u) + 7) / 8 * 8;
  if (rounded <= std::max<uint64_t>(analysis_.config.on_stack_limit, 8))
    if (llvm::Value *address = allocate_on_stack(rounded))
      return address;
  return allocate_scratch(rounded);
}

Emitter::Temporaries::~Temporaries() {
  emitter_.scratch_used_ = scratch_before_;
  std::vector<StackPiece> &free = emitter_.free_stack_;
  free.insert(free.end(), emitter_.used_stack_.begin(), emitter_.used_stack_.end());
  emitter_.used_stack_.swap(outer_stack_);
}

// Null when the frame has no room left.
llvm::Value *Emitter::allocate_on_stack(uint32_t size) {
  auto fits = [&](const StackPiece &piece) { return piece.size == size; };
  auto reusable = std::find_if(free_stack_.begin(), free_stack_.end(), fits);
  if (reusable != free_stack_.end()) {
    used_stack_.push_back(*reusable);
    free_stack_.erase(reusable);
    return used_stack_.back().address;
  }
  if (frame_.stack_used + size > frame_.stack_limit)
    return nullptr;
  frame_.stack_used += size;
  llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(frame_.entry);
  auto *address = ir_.CreateAlloca(llvm::ArrayType::get(ir_.getInt8Ty(), size), nullptr, "temporary");
  address->setAlignment(llvm::Align(8));
  used_stack_.push_back({address, size});
  return address;
}

llvm::Value *Emitter::zero_key() {
  if (!frame_.zero_key) {
    llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(frame_.entry);
    frame_.zero_key = ir_.CreateAlloca(ir_.getInt32Ty(), nullptr, "zero_key");
    ir_.CreateStore(constant(0, 32), frame_.zero_key);
  }
  return frame_.zero_key;
}

llvm::Value *Emitter::offset(llvm::Value *base, uint64_t bytes) {
  return bytes ? ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), base, bytes) : base;
}

llvm::Value *Emitter::opaque(llvm::Value *number) {
  auto *type = llvm::FunctionType::get(number->getType(), {number->getType()}, false);
  return ir_.CreateCall(llvm::InlineAsm::get(type, "", "=r,0", /*hasSideEffects=*/false), {number});
}

llvm::Value *Emitter::load_aligned(llvm::Value *address, uint32_t size, uint32_t alignment) {
  return ir_.CreateAlignedLoad(ir_.getIntNTy(size * 8), address, llvm::Align(std::max(alignment, 1u)));
}

llvm::Value *Emitter::load(llvm::Value *address, const Type &type) {
  return load_aligned(address, type.size, std::min(alignment_of(address), type.size));
}

// All memory that BPF gets by itself (stack pieces, map values, records) starts at a multiple of 8,
// so the constant distance from there tells. The verifier wants stack accesses to be aligned.
uint32_t Emitter::alignment_of(const llvm::Value *address) const {
  const llvm::DataLayout &layout = module_.module().getDataLayout();
  llvm::APInt distance(64, 0);
  const llvm::Value *base = address->stripAndAccumulateConstantOffsets(layout, distance, true);
  if (llvm::isa<llvm::GEPOperator>(base))
    return 1;  // an index that is known only at run time
  return static_cast<uint32_t>(llvm::MinAlign(8, distance.getZExtValue()));
}

// Covers `size` bytes by the widest accesses that `alignment` allows.
void Emitter::in_words(uint32_t size, uint32_t alignment, const std::function<void(uint32_t, uint32_t)> &access) {
  for (uint32_t at = 0; at < size;) {
    uint32_t width = std::min(alignment, llvm::bit_floor(size - at));
    access(at, width);
    at += width;
  }
}

// Large areas are cleared by a read that must fail: the kernel then clears its destination, with
// the fastest instructions of the machine, which BPF does not have.
void Emitter::zero(llvm::Value *destination, uint32_t size) {
  if (size > kInlineBytes) {
    helper(Helper::ProbeReadKernel, {destination, constant(size, 32), constant(0)});
    return;
  }
  in_words(size, alignment_of(destination), [&](uint32_t at, uint32_t width) {
    ir_.CreateAlignedStore(constant(0, width * 8), offset(destination, at), llvm::Align(width));
  });
}

void Emitter::copy(llvm::Value *destination, llvm::Value *source, uint32_t size) {
  if (size > kInlineBytes) {
    helper(Helper::ProbeReadKernel, {destination, constant(size, 32), source});
    return;
  }
  in_words(size, std::min(alignment_of(destination), alignment_of(source)), [&](uint32_t at, uint32_t width) {
    llvm::Value *part = load_aligned(offset(source, at), width, width);
    ir_.CreateAlignedStore(part, offset(destination, at), llvm::Align(width));
  });
}

AddressSpace Emitter::space_of(const Type &pointer) const {
  return pointer.space == AddressSpace::None ? unit_.context.pointers : pointer.space;
}

// The helpers themselves clear the destination when they fail.
llvm::Value *Emitter::read_memory(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space) {
  if (space == AddressSpace::None)
    space = unit_.context.pointers;
  if (space == AddressSpace::User)
    return counted_read("probe_read_user", read_user(Helper::ProbeReadUser, destination, constant(size), address));
  return counted_read("probe_read_kernel", helper(Helper::ProbeReadKernel, {destination, constant(size, 32), address}));
}

llvm::Value *Emitter::read_string(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space) {
  return read_string(destination, size, constant(size), address, space);
}

llvm::Value *Emitter::read_string(llvm::Value *destination, uint32_t size, llvm::Value *length, llvm::Value *address,
                                  AddressSpace space) {
  // A plain number in a kernel function (arg1 of vfs_write) may be an address of the program's.
  if (space == AddressSpace::None && unit_.context.pointers == AddressSpace::User)
    space = AddressSpace::User;
  bool is_word_ended = destination == word_ended_;
  if (pad_strings_ && !is_word_ended)
    zero(destination, size);
  llvm::Value *result = nullptr;
  if (space == AddressSpace::User)
    result = counted_read("probe_read_user_str", read_user(Helper::ProbeReadUserStr, destination, length, address));
  else
    result = counted_read(space == AddressSpace::None ? "probe_read_str" : "probe_read_kernel_str",
                          helper(string_reader(space), {destination, length, address}));
  if (is_word_ended)
    end_at_zero_word(destination, size, result);
  return result;
}

llvm::Value *Emitter::counted_read(const char *name, llvm::Value *result) {
  if (counts_failed_reads_)
    branch(ir_.CreateICmpSLT(result, constant(0)), [&] { count_failure(name, std::nullopt, result); });
  return result;
}

void Emitter::without_counting_reads(const std::function<void()> &body) {
  bool counted = std::exchange(counts_failed_reads_, false);
  body();
  counts_failed_reads_ = counted;
}

}  // namespace sonde::codegen
