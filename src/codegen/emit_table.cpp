// Tables: aggregations by key whose entries programs find and make themselves (image/table_layout.h says what lies
// where). A call of the kernel's costs as much as twenty instructions or more; a look-up in its hash makes three.
//
//   at = hash(key) >> shift
//   for (round = 0; round < kTableProbes; round++, at = (at + 1) & mask) {
//     slot = slots[at]
//     if (slot leads to no entry of this epoch) goto vacant
//     if (entry's key == key) goto found }
//   full: count a failed update
//   vacant: entry = fetch_add(&used, 1)                   no more than there are, else: full
//     entry's key = key
//     if (cmpxchg(&slots[at], slot, entry) == slot) goto found
//     look once more from this slot on, which another CPU has taken
//   found: cell = cells[cpu][entry]; if (cell's epoch is not this) { cell = 0 }
//
// The verifier follows every round. It must not have to follow one more often than it is made: what differs from round
// to round is not used behind the loop, and it is not to know which slots a constant key leads to.
#include <cassert>
#include <cerrno>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "image/table_layout.h"

namespace sonde::codegen {

struct Emitter::TableAccess {
  const image::MapSpec &map;
  image::TableLayout layout;
  llvm::Value *memory;
  llvm::Value *key;
  llvm::Value *epoch = nullptr;  // i64; null when the table has none
  llvm::Value *hash = nullptr;
  llvm::BasicBlock *found = nullptr, *full = nullptr;
  llvm::PHINode *index = nullptr;  // in `found`: the entry's
  // The loop's first block: which slot, how many there were before it, and whether this is the second search.
  llvm::BasicBlock *head = nullptr;
  llvm::PHINode *at = nullptr, *round = nullptr, *is_second = nullptr;
};

void Emitter::with_table_cell(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body) {
  const image::MapSpec &spec = analysis_.maps[map];
  TableAccess table{spec, image::table_layout(spec, kernel().possible_cpu_count()), module_.map(map), key};
  // In one register: each use of the variable itself loads its address, two instructions.
  table.memory = aligned(opaque(table.memory));
  table.found = block("entry"), table.full = block("full");
  llvm::BasicBlock *end = block("end");
  if (table.layout.has_epochs())
    table.epoch =
        ir_.CreateZExt(load(offset(table.memory, image::kTableEpoch), Type::integer(32, false)), ir_.getInt64Ty());
  table.hash = table_hash(table);
  find_slot(table);
  ir_.SetInsertPoint(table.full);
  count_full(map, constant(static_cast<uint64_t>(-E2BIG)));
  branch_to(end);
  ir_.SetInsertPoint(table.found);
  body(table_cell(table, table.index));
  continue_at(end);
}

llvm::Value *Emitter::aligned(llvm::Value *address) {
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  continue_at(block("aligned"));
  llvm::PHINode *same = ir_.CreatePHI(ir_.getPtrTy(), 1);
  same->addIncoming(address, before);
  return same;
}

// ---- Looking for the key ----

void Emitter::begin_search(TableAccess &table) {
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  llvm::Value *first = ir_.CreateLShr(table.hash, constant(table.layout.hash_shift));
  table.head = block("slot");
  continue_at(table.head);
  auto begins_with = [&](llvm::Value *value) {
    llvm::PHINode *phi = ir_.CreatePHI(ir_.getInt64Ty(), 3);
    phi->addIncoming(value, before);
    return phi;
  };
  table.at = begins_with(first);
  table.round = begins_with(constant(0));
  table.is_second = begins_with(constant(0));
}

void Emitter::search_again(TableAccess &table, llvm::Value *at, llvm::Value *round, llvm::Value *is_second) {
  table.at->addIncoming(at, ir_.GetInsertBlock());
  table.round->addIncoming(round, ir_.GetInsertBlock());
  table.is_second->addIncoming(is_second, ir_.GetInsertBlock());
}

void Emitter::find_slot(TableAccess &table) {
  const image::TableLayout &layout = table.layout;
  begin_search(table);
  llvm::BasicBlock *compare = block("slot_key"), *next = block("next_slot"), *vacant = block("vacant");
  llvm::Value *slot_address = ir_.CreateGEP(ir_.getInt64Ty(), offset(table.memory, image::kTableSlots), table.at);
  llvm::Value *slot = load_aligned(slot_address, 8, 8);
  llvm::Value *number = slot;
  if (table.epoch) {
    llvm::BasicBlock *current = block("this_epoch");
    ir_.CreateCondBr(ir_.CreateICmpEQ(ir_.CreateLShr(slot, constant(32)), table.epoch), current, vacant);
    ir_.SetInsertPoint(current);
    number = ir_.CreateAnd(slot, constant(0xffffffff));
  }
  // Of an empty slot it is far too large, which is also what the verifier wants to see checked.
  llvm::Value *index = opaque(ir_.CreateSub(number, constant(1)));
  ir_.CreateCondBr(ir_.CreateICmpULT(index, constant(layout.capacity)), compare, vacant);
  ir_.SetInsertPoint(compare);
  llvm::Value *is_same = equal_table_keys(table, table_entry(table, index));
  llvm::BasicBlock *compared = ir_.GetInsertBlock();
  ir_.CreateCondBr(is_same, table.found, next);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAnd(ir_.CreateAdd(table.at, constant(1)), constant(layout.slots - 1));
  llvm::Value *rounds = ir_.CreateAdd(table.round, constant(1));
  search_again(table, following, rounds, table.is_second);
  ir_.CreateCondBr(ir_.CreateICmpULT(rounds, constant(image::kTableProbes)), table.head, table.full);
  ir_.SetInsertPoint(table.found);
  table.index = ir_.CreatePHI(ir_.getInt64Ty(), 2, "index");
  table.index->addIncoming(index, compared);
  ir_.SetInsertPoint(vacant);
  add_table_entry(table, slot_address, slot);
}

llvm::Value *Emitter::table_entry(const TableAccess &table, llvm::Value *index) {
  llvm::Value *place = ir_.CreateMul(index, constant(table.layout.entry_stride));
  return aligned(ir_.CreateGEP(ir_.getInt8Ty(), offset(table.memory, table.layout.entries), place));
}

// Two different keys of one hash of 64 bits, as good as never met, end as a failed update: to go on from there would
// have the verifier follow the comparison from every round.
llvm::Value *Emitter::equal_table_keys(const TableAccess &table, llvm::Value *entry) {
  const Type &type = table.map.key;
  if (!table.layout.has_hashes())
    return equal_bytes(entry, table.key, type.size);
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *same_hash = block("same_hash"), *end = block("key_compared");
  llvm::Value *is_same = ir_.CreateICmpEQ(load(entry, Type::uint64()), table.hash);
  ir_.CreateCondBr(is_same, same_hash, end);
  ir_.SetInsertPoint(same_hash);
  llvm::Value *key = offset(entry, table.layout.key);
  llvm::Value *is_equal = image::ends_at_zero_word(type) ? equal_until_nul(key, table.key, type.size)
                                                         : equal_bytes(key, table.key, type.size);
  llvm::BasicBlock *compared = block("same_key");
  ir_.CreateCondBr(is_equal, compared, table.full);
  ir_.SetInsertPoint(compared);
  branch_to(end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *result = ir_.CreatePHI(ir_.getInt1Ty(), 2);
  result->addIncoming(ir_.getFalse(), before);
  result->addIncoming(ir_.getTrue(), compared);
  return result;
}

// ---- A new entry ----

void Emitter::add_table_entry(TableAccess &table, llvm::Value *slot_address, llvm::Value *slot) {
  const image::TableLayout &layout = table.layout;
  llvm::BasicBlock *room = block("room"), *allowed = block("allowed"), *fill = block("fill"),
                   *lost = block("lost_slot");
  const Type word = Type::integer(32, false);
  llvm::Value *used = offset(table.memory, image::kTableUsed), *wasted = offset(table.memory, image::kTableWasted);
  llvm::Value *most = ir_.CreateAdd(ir_.CreateZExt(load(wasted, word), ir_.getInt64Ty()), constant(layout.max_entries));
  // What is full stays so: no counting on.
  llvm::Value *given_out = ir_.CreateZExt(load(used, word), ir_.getInt64Ty());
  ir_.CreateCondBr(ir_.CreateICmpULT(given_out, most), room, table.full);
  ir_.SetInsertPoint(room);
  auto order = llvm::AtomicOrdering::SequentiallyConsistent;
  auto add_one = [&](llvm::Value *counter) {
    return ir_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, counter, constant(1, 32), llvm::Align(4), order);
  };
  llvm::Value *given = opaque(ir_.CreateZExt(add_one(used), ir_.getInt64Ty()));
  ir_.CreateCondBr(ir_.CreateICmpULT(given, most), allowed, table.full);
  ir_.SetInsertPoint(allowed);
  ir_.CreateCondBr(ir_.CreateICmpULT(given, constant(layout.capacity)), fill, table.full);
  ir_.SetInsertPoint(fill);
  llvm::Value *entry = table_entry(table, given);
  if (layout.has_hashes())
    ir_.CreateStore(table.hash, entry);
  llvm::Value *key = offset(entry, layout.key);
  if (can_be_word_ended(table.map.key))
    copy_cleared(key, table.key, table.map.key.size);
  else
    copy(key, table.key, table.map.key.size);
  llvm::Value *fresh = ir_.CreateAdd(given, constant(1));
  if (table.epoch)
    fresh = ir_.CreateOr(fresh, ir_.CreateShl(table.epoch, constant(32)));
  llvm::Value *exchange = ir_.CreateAtomicCmpXchg(slot_address, slot, fresh, llvm::Align(8), order, order);
  // LLVM would make a number of the comparison, and compare that.
  llvm::Value *before = opaque(ir_.CreateExtractValue(exchange, 0));
  table.index->addIncoming(given, ir_.GetInsertBlock());
  ir_.CreateCondBr(ir_.CreateICmpEQ(before, slot), table.found, lost);
  ir_.SetInsertPoint(lost);
  add_one(wasted);
  search_again(table, table.at, constant(0), constant(1));
  ir_.CreateCondBr(ir_.CreateICmpEQ(table.is_second, constant(0)), table.head, table.full);
}

// ---- This CPU's value ----

llvm::Value *Emitter::table_cell(const TableAccess &table, llvm::Value *index) {
  const image::TableLayout &layout = table.layout;
  llvm::Value *cells = offset(table.memory, layout.cells);
  llvm::Value *place = ir_.CreateMul(index, constant(layout.cell_stride));
  if (layout.cpus > 1) {
    // The mask changes nothing but what the verifier knows.
    llvm::Value *cpu = helper(Helper::GetSmpProcessorId, {}, Purity::PerRun);
    cpu = opaque(ir_.CreateAnd(cpu, constant(layout.cpus - 1)));
    place = ir_.CreateAdd(place, ir_.CreateMul(cpu, constant(layout.cpu_stride)));
  }
  llvm::Value *cell = aligned(ir_.CreateGEP(ir_.getInt8Ty(), cells, place));
  if (!table.epoch)
    return cell;
  llvm::Value *value = offset(cell, layout.value);
  branch(ir_.CreateICmpNE(load(cell, Type::uint64()), table.epoch), [&] {
    zero(value, table.map.stored_size());
    ir_.CreateStore(table.epoch, cell);
  });
  return aligned(value);
}

// ---- Hashing (the same as image::table_hash) ----

llvm::Value *Emitter::mix(llvm::Value *hash, llvm::Value *word) {
  llvm::Value *folded = ir_.CreateXor(hash, ir_.CreateLShr(hash, constant(32)));
  return ir_.CreateMul(ir_.CreateXor(folded, word), constant(image::kTableMultiplier));
}

llvm::Value *Emitter::table_hash(const TableAccess &table) {
  uint32_t size = table.map.key.size, in_loop = size > image::kPlainTableKey ? size / 8 * 8 : 0;
  assert(alignment_of(table.key) == 8 && "keys begin at whole words");
  llvm::BasicBlock *end = block("hashed");
  llvm::PHINode *result = llvm::PHINode::Create(ir_.getInt64Ty(), 2, "hash");
  // Zero, which the verifier does not know.
  llvm::Value *seed = load(offset(table.memory, image::kTableSeed), Type::uint64());
  llvm::Value *hash = in_loop ? hash_in_loop(table, in_loop, seed, end, *result) : nullptr;
  in_words(size - in_loop, 8, [&](uint32_t at, uint32_t width) {
    llvm::Value *word = load_aligned(offset(table.key, in_loop + at), width, width);
    word = ir_.CreateZExt(word, ir_.getInt64Ty());
    hash = hash ? mix(hash, word) : ir_.CreateMul(ir_.CreateXor(seed, word), constant(image::kTableMultiplier));
  });
  result->addIncoming(hash, ir_.GetInsertBlock());
  continue_at(end);
  return ir_.Insert(result);
}

// Continues behind `size` bytes; at the end of a string goes to `end`, with the hash for `result` there.
llvm::Value *Emitter::hash_in_loop(const TableAccess &table, uint32_t size, llvm::Value *seed, llvm::BasicBlock *end,
                                   llvm::PHINode &result) {
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = block("hash_word"), *next = block("next_hash_word"),
                   *after = block("words_hashed");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *at = ir_.CreatePHI(ir_.getInt64Ty(), 2), *hash = ir_.CreatePHI(ir_.getInt64Ty(), 2);
  at->addIncoming(constant(0), before);
  hash->addIncoming(seed, before);
  llvm::Value *word = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), table.key, at), 8, 8);
  llvm::Value *mixed = mix(hash, word);
  if (image::ends_at_zero_word(table.map.key)) {
    result.addIncoming(mixed, head);
    ir_.CreateCondBr(ir_.CreateICmpEQ(word, constant(0)), end, next);
  } else {
    ir_.CreateBr(next);
  }
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(at, constant(8));
  at->addIncoming(following, next);
  hash->addIncoming(mixed, next);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(size)), head, after);
  ir_.SetInsertPoint(after);
  return mixed;
}

}  // namespace sonde::codegen
