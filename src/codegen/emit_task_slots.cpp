// Entries that belong to the running thread (image/task_slots.h): in its slot, or where that is taken in the kernel's
// hash.
//
//   look up: word == mine ? &value : overflow ? lookup(map) : null
//   set:     if (word == mine) value = new
//            else if (word is free, and the hash has no entry of mine, and cmpxchg(word, free, busy)) {
//              value = new; word = mine }
//            else update(map)
//   delete:  if (word == mine) word = free
//            else if (overflow && delete(map)) overflow--
#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "image/task_slots.h"

namespace sonde::codegen {

struct Emitter::TaskSlot {
  uint32_t map;
  image::TaskSlotsLayout layout;
  llvm::Value *key;   // in memory
  llvm::Value *tid;   // i64
  llvm::Value *word;  // addresses
  llvm::Value *overflow;
  llvm::Value *value;
  llvm::Value *mine;  // i64: the word while the thread has an entry there
};

Emitter::TaskSlot Emitter::task_slot(uint32_t map, llvm::Value *key) {
  const image::MapSpec &spec = analysis_.maps[map];
  TaskSlot slot{map, image::task_slots_layout(spec), key, nullptr, nullptr, nullptr, nullptr, nullptr};
  slot.tid = ir_.CreateZExt(load(key, spec.key), ir_.getInt64Ty());
  // The mask's result is the number that the verifier knows the range of, and the one that is used.
  llvm::Value *number = opaque(ir_.CreateAnd(slot.tid, constant(slot.layout.slots - 1)));
  llvm::Value *memory = aligned(opaque(module_.task_slots(map)));
  slot.word = ir_.CreateGEP(ir_.getInt64Ty(), memory, number);
  slot.overflow = offset(slot.word, slot.layout.overflows);
  llvm::Value *place = ir_.CreateMul(number, constant(slot.layout.value_stride));
  slot.value = aligned(ir_.CreateGEP(ir_.getInt8Ty(), offset(memory, slot.layout.values), place));
  slot.mine = ir_.CreateOr(ir_.CreateShl(slot.tid, constant(32)), constant(image::kSlotLive));
  return slot;
}

llvm::Value *Emitter::is_in_slot(const TaskSlot &slot) {
  return ir_.CreateICmpEQ(load_aligned(slot.word, 8, 8), slot.mine);
}

llvm::Value *Emitter::has_overflowed(const TaskSlot &slot) {
  return ir_.CreateICmpNE(load_aligned(slot.overflow, 8, 8), constant(0));
}

void Emitter::count_overflow(const TaskSlot &slot, uint64_t by) {
  ir_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, slot.overflow, constant(by), llvm::Align(8),
                      llvm::AtomicOrdering::Monotonic);
}

llvm::Value *Emitter::look_up_task_slot(uint32_t map, llvm::Value *key) {
  TaskSlot slot = task_slot(map, key);
  llvm::BasicBlock *other = block("not_in_slot"), *hashed = block("overflowed"), *end = block("looked_up");
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  ir_.CreateCondBr(is_in_slot(slot), end, other);
  ir_.SetInsertPoint(other);
  ir_.CreateCondBr(has_overflowed(slot), hashed, end);
  ir_.SetInsertPoint(hashed);
  llvm::Value *entry = helper(Helper::MapLookupElem, {this->map(map), key});
  ir_.CreateBr(end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *found = ir_.CreatePHI(ir_.getPtrTy(), 3, "entry");
  found->addIncoming(slot.value, before);
  found->addIncoming(llvm::ConstantPointerNull::get(ir_.getPtrTy()), other);
  found->addIncoming(entry, hashed);
  return found;
}

void Emitter::set_task_slot(uint32_t map, llvm::Value *key, llvm::Value *value, bool is_word_ended) {
  TaskSlot slot = task_slot(map, key);
  uint32_t size = analysis_.maps[map].value.size;
  llvm::Value *whole = is_word_ended ? allocate(size) : value;  // as the hash takes it
  auto set_in_slot = [&] {
    if (is_word_ended)
      copy_word_ended(slot.value, value, size);
    else
      copy(slot.value, value, size);
  };
  auto set_elsewhere = [&] {
    if (is_word_ended)
      copy_cleared(whole, value, size);
  };
  branch(is_in_slot(slot), set_in_slot, [&] {
    // An entry in the hash stays there.
    llvm::BasicBlock *ask = block("overflowed"), *free = block("not_in_hash"), *mine = block("slot_is_mine"),
                     *hashed = block("in_hash"), *end = block("set");
    ir_.CreateCondBr(has_overflowed(slot), ask, free);
    ir_.SetInsertPoint(ask);
    llvm::Value *entry = helper(Helper::MapLookupElem, {this->map(map), key});
    branch(ir_.CreateIsNotNull(entry), [&] {
      set_elsewhere();
      copy(entry, whole, size);
      branch_to(end);
    });
    branch_to(free);
    ir_.SetInsertPoint(free);
    auto order = llvm::AtomicOrdering::SequentiallyConsistent;
    llvm::Value *exchange = ir_.CreateAtomicCmpXchg(slot.word, constant(image::kSlotFree), constant(image::kSlotBusy),
                                                    llvm::Align(8), order, order);
    llvm::Value *was = opaque(ir_.CreateExtractValue(exchange, 0));
    ir_.CreateCondBr(ir_.CreateICmpEQ(was, constant(image::kSlotFree)), mine, hashed);
    ir_.SetInsertPoint(mine);
    set_in_slot();
    ir_.CreateStore(slot.mine, slot.word, /*isVolatile=*/true);
    branch_to(end);
    ir_.SetInsertPoint(hashed);
    set_elsewhere();
    set_hashed(map, key, whole, slot);
    continue_at(end);
  });
}

void Emitter::set_hashed(uint32_t map, llvm::Value *key, llvm::Value *value, const TaskSlot &slot) {
  count_overflow(slot, 1);
  llvm::Value *result = helper(Helper::MapUpdateElem, {this->map(map), key, value, constant(0 /* BPF_ANY */)});
  branch(ir_.CreateICmpNE(result, constant(0)), [&] {
    count_overflow(slot, static_cast<uint64_t>(-1));
    count_full(map, result);
  });
}

llvm::Value *Emitter::delete_from_task_slot(uint32_t map, llvm::Value *key) {
  TaskSlot slot = task_slot(map, key);
  llvm::BasicBlock *mine = block("slot_is_mine"), *other = block("not_in_slot"), *hashed = block("overflowed"),
                   *deleted = block("deleted"), *end = block("end_of_delete");
  ir_.CreateCondBr(is_in_slot(slot), mine, other);
  ir_.SetInsertPoint(mine);
  ir_.CreateStore(constant(image::kSlotFree), slot.word);
  ir_.CreateBr(end);
  ir_.SetInsertPoint(other);
  ir_.CreateCondBr(has_overflowed(slot), hashed, end);
  ir_.SetInsertPoint(hashed);
  llvm::Value *status = helper(Helper::MapDeleteElem, {this->map(map), key});
  ir_.CreateCondBr(ir_.CreateICmpEQ(status, constant(0)), deleted, end);
  ir_.SetInsertPoint(deleted);
  count_overflow(slot, static_cast<uint64_t>(-1));
  ir_.CreateBr(end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *was_there = ir_.CreatePHI(ir_.getInt1Ty(), 4);
  for (llvm::BasicBlock *from : {mine, deleted})
    was_there->addIncoming(ir_.getTrue(), from);
  for (llvm::BasicBlock *from : {other, hashed})
    was_there->addIncoming(ir_.getFalse(), from);
  return was_there;
}

}  // namespace sonde::codegen
