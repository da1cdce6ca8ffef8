// Maps: keys, lookups, new entries, and aggregations read as numbers.
#include <algorithm>
#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

constexpr uint64_t kAnyEntry = 0;  // BPF_ANY
constexpr uint64_t kNoEntry = 1;   // BPF_NOEXIST

}  // namespace

llvm::Value *Emitter::map(uint32_t map) { return module_.map(map); }

llvm::Value *Emitter::map_key(uint32_t map, const ast::Expr *key) {
  const image::MapSpec &spec = analysis_.maps[map];
  if (spec.is_scalar())
    return zero_key();
  // A key inside a record's field is compared by the kernel all the same.
  bool padded = std::exchange(pad_strings_, true);
  llvm::Value *memory = spec.storage == image::MapStorage::Table ? word_ended(*key, spec.key) : nullptr;
  if (!memory) {
    memory = allocate(spec.key.size, spec.key.alignment());
    store(*key, memory, spec.key);
  }
  pad_strings_ = padded;
  return memory;
}

// The slot of a scalar map is at one address for the whole run, so its lookups may be merged.
llvm::Value *Emitter::map_lookup(uint32_t map, llvm::Value *key) {
  assert(analysis_.maps[map].storage != image::MapStorage::Table && "sema keeps what is looked into out of tables");
  if (analysis_.maps[map].has_task_slots)
    return look_up_task_slot(map, key);
  Purity purity = analysis_.maps[map].is_scalar() ? Purity::PerRun : Purity::Impure;
  return helper(Helper::MapLookupElem, {this->map(map), key}, purity);
}

// Where the program may end, the impossible case ends it: what follows then needs no join, and
// further checks of the same slot go away.
void Emitter::expect_entry(llvm::Value *entry, const std::function<void(llvm::Value *)> &body) {
  if (record_is_reserved_) {
    branch(ir_.CreateIsNotNull(entry), [&] { body(entry); });
    return;
  }
  llvm::BasicBlock *found = block("slot");
  ir_.CreateCondBr(ir_.CreateIsNull(entry), frame_.exit, found);
  ir_.SetInsertPoint(found);
  body(entry);
}

void Emitter::with_entry(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body) {
  llvm::Value *entry = map_lookup(map, key);
  if (analysis_.maps[map].is_scalar())
    expect_entry(entry, body);
  else
    branch(ir_.CreateIsNotNull(entry), [&] { body(entry); });
}

void Emitter::with_new_entry(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body) {
  if (analysis_.maps[map].is_scalar()) {
    with_entry(map, key, [&](llvm::Value *slot) {
      mark_assigned(map, slot);
      body(slot);
    });
    return;
  }
  if (analysis_.maps[map].storage == image::MapStorage::Table) {
    with_table_cell(map, key, body);
    return;
  }
  llvm::Value *first = map_lookup(map, key);
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  llvm::BasicBlock *create = block("create"), *found = block("found"), *full = block("full"), *end = block("end");
  ir_.CreateCondBr(ir_.CreateIsNotNull(first), found, create);
  ir_.SetInsertPoint(create);
  llvm::Value *result = create_zeroed_entry(map, key);
  // Null when the map is full.
  llvm::Value *second = map_lookup(map, key);
  llvm::BasicBlock *created = ir_.GetInsertBlock();
  ir_.CreateCondBr(ir_.CreateIsNotNull(second), found, full);
  ir_.SetInsertPoint(full);
  count_full(map, result);
  branch_to(end);
  ir_.SetInsertPoint(found);
  llvm::PHINode *entry = ir_.CreatePHI(ir_.getPtrTy(), 2, "entry");
  entry->addIncoming(first, before);
  entry->addIncoming(second, created);
  body(entry);
  continue_at(end);
}

// Another CPU may have created it meanwhile: its entry stays.
llvm::Value *Emitter::create_zeroed_entry(uint32_t map, llvm::Value *key) {
  uint32_t size = analysis_.maps[map].value.size;
  llvm::Value *zeros = allocate(size);
  zero(zeros, size);
  return helper(Helper::MapUpdateElem, {this->map(map), key, zeros, constant(kNoEntry)});
}

void Emitter::set_entry(uint32_t map, llvm::Value *key, llvm::Value *value, bool is_word_ended) {
  if (analysis_.maps[map].has_task_slots)
    return set_task_slot(map, key, value, is_word_ended);
  llvm::Value *result = helper(Helper::MapUpdateElem, {this->map(map), key, value, constant(kAnyEntry)});
  if (!analysis_.maps[map].is_scalar())
    branch(ir_.CreateICmpNE(result, constant(0)), [&] { count_full(map, result); });
}

void Emitter::count_full(uint32_t map, llvm::Value *code) { count_failure("map_update_elem", map, code); }

void Emitter::mark_assigned(uint32_t map, llvm::Value *slot) {
  ir_.CreateStore(constant(1), offset(slot, analysis_.maps[map].set_word_offset()));
}

llvm::Value *Emitter::map_has(uint32_t map, llvm::Value *key) {
  const image::MapSpec &spec = analysis_.maps[map];
  if (!spec.is_scalar())
    return ir_.CreateIsNotNull(map_lookup(map, key));
  llvm::Value *found = allocate_counter();
  ir_.CreateStore(constant(0), found);
  for_each_value(map, key, [&](llvm::Value *slot) {
    llvm::Value *word = load(offset(slot, spec.set_word_offset()), Type::uint64());
    ir_.CreateStore(ir_.CreateOr(load(found, Type::uint64()), word), found);
  });
  return ir_.CreateICmpNE(load(found, Type::uint64()), constant(0));
}

llvm::Value *Emitter::map_delete(uint32_t map, llvm::Value *key) {
  const image::MapSpec &spec = analysis_.maps[map];
  if (spec.has_task_slots)
    return delete_from_task_slot(map, key);
  if (!spec.is_scalar())
    return ir_.CreateICmpEQ(helper(Helper::MapDeleteElem, {this->map(map), key}), constant(0));
  llvm::Value *was_there = map_has(map, key);
  for_each_value(map, key, [&](llvm::Value *slot) { zero(slot, spec.stored_size()); });
  return was_there;
}

// An entry that is there is changed in place, one that is not comes with its new value at once.
// (The slot of a scalar map is always there; only the verifier does not know.)
llvm::Value *Emitter::update_entry(uint32_t map, llvm::Value *key,
                                   const std::function<llvm::Value *(llvm::Value *)> &change) {
  const Type &type = analysis_.maps[map].value;
  bool is_scalar = analysis_.maps[map].is_scalar();
  llvm::Value *old_value = nullptr;
  auto change_in_place = [&](llvm::Value *entry) {
    old_value = load(entry, type);
    ir_.CreateStore(change(old_value), entry);
    if (is_scalar)
      mark_assigned(map, entry);
  };
  if (is_scalar && !record_is_reserved_) {
    with_entry(map, key, change_in_place);
    return old_value;
  }
  llvm::Value *entry = map_lookup(map, key);
  llvm::BasicBlock *present = block("present"), *missing = block("missing"), *end = block("end");
  ir_.CreateCondBr(ir_.CreateIsNotNull(entry), present, missing);
  ir_.SetInsertPoint(present);
  change_in_place(entry);
  llvm::BasicBlock *present_end = ir_.GetInsertBlock();
  branch_to(end);
  ir_.SetInsertPoint(missing);
  llvm::Value *nothing = constant(0, type.size * 8);
  if (!is_scalar) {
    llvm::Value *fresh = allocate(type.size);
    ir_.CreateStore(change(nothing), fresh);
    set_entry(map, key, fresh);
  }
  llvm::BasicBlock *missing_end = ir_.GetInsertBlock();
  continue_at(end);
  llvm::PHINode *old_or_zero = ir_.CreatePHI(type_of(type), 2, "old");
  old_or_zero->addIncoming(old_value, present_end);
  old_or_zero->addIncoming(nothing, missing_end);
  return old_or_zero;
}

}  // namespace sonde::codegen
