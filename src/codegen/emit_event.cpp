// Events: a record is reserved in the ring buffer, written in place and submitted.
#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {

void Emitter::send_event(uint32_t event, std::span<const FieldWriter> fields) {
  const image::EventSpec &spec = analysis_.events[event];
  assert(fields.size() == spec.fields.size() && !record_is_reserved_);
  llvm::Value *record = helper(Helper::RingbufReserve, {module_.ring_buffer(), constant(spec.size), constant(0)});
  auto fill = [&] {
    // The header is { u32 event, u32 zero }, in one store.
    ir_.CreateStore(constant(event), record);
    record_is_reserved_ = true;
    bool padded = std::exchange(pad_strings_, false);
    for (size_t i = 0; i < fields.size(); ++i)
      fields[i](offset(record, spec.fields[i].offset));
    pad_strings_ = padded;
    record_is_reserved_ = false;
    helper(Helper::RingbufSubmit, {record, constant(0)});
  };
  branch(ir_.CreateIsNotNull(record), fill, [&] { count_lost_event(); });
}

void Emitter::count_lost_event() { add_one(module_.lost_events(), unit_index_); }

// Counts up in an array map of u64 per CPU.
void Emitter::add_one(llvm::Value *counters, uint32_t slot) {
  llvm::Value *key = allocate(4);
  ir_.CreateStore(constant(slot, 32), key);
  llvm::Value *counter = helper(Helper::MapLookupElem, {counters, key});
  branch(ir_.CreateIsNotNull(counter), [&] {
    llvm::Value *before = load(counter, Type::uint64());
    ir_.CreateStore(ir_.CreateAdd(before, constant(1)), counter);
  });
}

void Emitter::send_event(uint32_t event, std::span<const ast::Expr *const> fields) {
  const image::EventSpec &spec = analysis_.events[event];
  std::vector<FieldWriter> writers;
  for (size_t i = 0; i < fields.size(); ++i)
    writers.push_back([this, field = fields[i], &as = spec.fields[i].type](llvm::Value *destination) {
      store(*field, destination, as);
    });
  send_event(event, writers);
}

}  // namespace sonde::codegen
