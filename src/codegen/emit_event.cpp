// Events: a record is reserved in a ring buffer, written in place and submitted. And the counting of what could not
// be done.
#include <linux/bpf.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "ast/children.h"
#include "ast/holds_statements.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// Whether anything is sent through the ring buffer of data: packets are not.
bool sends_data(const sema::Analysis &analysis) {
  return std::any_of(analysis.events.begin(), analysis.events.end(), [](const image::EventSpec &event) {
    return !image::is_control(event.kind) && event.kind != image::EventKind::Packet;
  });
}

constexpr int64_t kNoRoom = -28;          // -ENOSPC
constexpr int64_t kBeyondEnd = -14;       // -EFAULT
constexpr uint64_t kMaxPacket = 0xfffff;  // BPF_F_CTXLEN_MASK

}  // namespace

void Emitter::send_event(uint32_t event, std::span<const FieldWriter> fields) {
  const image::EventSpec &spec = analysis_.events[event];
  assert(fields.size() == spec.fields.size() && !record_is_reserved_);
  bool is_control = image::is_control(spec.kind);
  llvm::Value *position = is_control ? data_position() : nullptr;
  llvm::Value *ring = is_control ? module_.control_ring() : module_.ring_buffer();
  auto fill = [&](llvm::Value *record) {
    write_header(event, record, position);
    bool padded = std::exchange(pad_strings_, false);
    for (size_t i = 0; i < fields.size(); ++i)
      fields[i](offset(record, spec.fields[i].offset));
    pad_strings_ = padded;
  };
  // Arguments with statements are worked out before there is a record.
  auto changes_something = [&](const ast::ExprPtr &argument) {
    return !ast::holds_statements(*argument) && has_effects(*argument);
  };
  if (arguments_ && std::any_of(arguments_->begin(), arguments_->end(), changes_something))
    return send_copy(ring, event, fill);
  llvm::Value *record = helper(Helper::RingbufReserve, {ring, constant(spec.size), constant(0)});
  auto fill_reserved = [&] {
    record_is_reserved_ = true;
    fill(record);
    record_is_reserved_ = false;
    helper(Helper::RingbufSubmit, {record, constant(0)});
  };
  branch(ir_.CreateIsNotNull(record), fill_reserved, [&] { count_lost_event(); });
}

// printf("%d", @n++) counts although its record may be lost: it is built aside, whether or not there is room for it.
void Emitter::send_copy(llvm::Value *ring, uint32_t event, const std::function<void(llvm::Value *)> &fill) {
  uint32_t size = analysis_.events[event].size;
  llvm::Value *record = allocate(size);
  zero(record, size);
  fill(record);
  llvm::Value *failed = helper(Helper::RingbufOutput, {ring, record, constant(size), constant(0)});
  branch(ir_.CreateICmpNE(failed, constant(0)), [&] { count_lost_event(); });
}

bool Emitter::has_effects(const ast::Expr &expr) const {
  if (std::holds_alternative<ast::IncrementDecrement>(expr.node))
    return true;
  if (const builtins::Builtin *builtin = info(expr).builtin; builtin && builtin->has_effects)
    return true;
  bool found = false;
  ast::for_each_part(expr, [&](const auto &part) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, ast::Expr>)
      found = found || has_effects(part);
  });
  return found;
}

// Up to where data has been written, which a control record must not overtake.
llvm::Value *Emitter::data_position() {
  if (!sends_data(analysis_))
    return constant(0);
  return helper(Helper::RingbufQuery, {module_.ring_buffer(), constant(BPF_RB_PROD_POS)});
}

void Emitter::write_header(uint32_t event, llvm::Value *record, llvm::Value *position) {
  llvm::Value *first = constant(event);
  if (analysis_.is_stamped) {
    llvm::Value *cpu = helper(Helper::GetSmpProcessorId, {}, Purity::PerRun);
    first = ir_.CreateOr(ir_.CreateShl(cpu, 32), first);
    auto at = [&](size_t offset) { return this->offset(record, image::EventSpec::kHeaderSize + offset); };
    ir_.CreateStore(helper(Helper::KtimeGetBootNs, {}), at(offsetof(image::RecordStamp, time_ns)));
    ir_.CreateStore(helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun), at(offsetof(image::RecordStamp, tid)));
    ir_.CreateStore(target_name_index(), at(offsetof(image::RecordStamp, target)));
  }
  ir_.CreateStore(first, record);
  if (position)
    ir_.CreateStore(position,
                    offset(record, image::EventSpec::header_size(image::EventKind::Exit, analysis_.is_stamped) - 8));
}

// What is asked for are `length` bytes from `offset` on. As scripts commonly say the packet's own length although they
// leave out its beginning, less will do.
llvm::Value *Emitter::send_packet(uint32_t event, llvm::Value *packet, llvm::Value *offset, llvm::Value *length) {
  const image::EventSpec &spec = analysis_.events[event];
  llvm::Value *record = allocate(spec.size), *result = allocate(8);
  write_header(event, record, nullptr);
  ir_.CreateStore(helper(Helper::KtimeGetBootNs, {}), this->offset(record, spec.fields[0].offset));
  ir_.CreateStore(ir_.CreateTrunc(offset, ir_.getInt32Ty()), this->offset(record, spec.fields[1].offset));
  llvm::Value *first = try_packet(event, packet, record, ir_.CreateAdd(offset, length));
  ir_.CreateStore(first, result);
  branch(ir_.CreateICmpEQ(first, constant(static_cast<uint64_t>(kBeyondEnd))),
         [&] { ir_.CreateStore(try_packet(event, packet, record, length), result); });
  llvm::Value *last = ir_.CreateLoad(ir_.getInt64Ty(), result);
  branch(ir_.CreateICmpEQ(last, constant(static_cast<uint64_t>(kNoRoom))), [&] { count_lost_event(); });
  return last;
}

llvm::Value *Emitter::try_packet(uint32_t event, llvm::Value *packet, llvm::Value *record, llvm::Value *bytes) {
  const image::EventSpec &spec = analysis_.events[event];
  bytes = ir_.CreateSelect(ir_.CreateICmpUGT(bytes, constant(kMaxPacket)), constant(kMaxPacket), bytes);
  ir_.CreateStore(ir_.CreateTrunc(bytes, ir_.getInt32Ty()), offset(record, spec.fields[2].offset));
  llvm::Value *flags = ir_.CreateOr(ir_.CreateShl(bytes, 32), constant(BPF_F_CURRENT_CPU));
  return helper(Helper::SkbOutput, {packet, module_.packets(), flags, record, constant(spec.size)});
}

void Emitter::count_lost_event() { count_loss(module_.loss_words().records(unit_index_)); }

void Emitter::count_loss(uint32_t word) {
  ir_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, offset(module_.losses(word), uint64_t{8} * word), constant(1),
                      llvm::Align(8), llvm::AtomicOrdering::Monotonic);
}

void Emitter::count_failure(const char *helper, std::optional<uint32_t> map, llvm::Value *code) {
  uint32_t site = module_.add_failure_site({helper, unit_index_, map, map ? statement_where_ : where_});
  uint32_t word = module_.loss_words().failures(site);
  count_loss(word);
  ir_.CreateStore(code, offset(module_.losses(word + 1), uint64_t{8} * (word + 1)));
}

llvm::Value *Emitter::counter_key() {
  if (!frame_.counter_key) {
    llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(frame_.entry);
    frame_.counter_key = ir_.CreateAlloca(ir_.getInt32Ty(), nullptr, "counter_key");
  }
  return frame_.counter_key;
}

void Emitter::send_event(uint32_t event, std::span<const ast::Expr *const> fields) {
  const image::EventSpec &spec = analysis_.events[event];
  std::vector<FieldWriter> writers;
  for (size_t i = 0; i < fields.size(); ++i)
    writers.push_back(writer_of(*fields[i], spec.fields[i].type));
  send_event(event, writers);
}

// Values are built in the record, but for those whose statements may send events or leave the program
// themselves: they are finished before the record is reserved.
FieldWriter Emitter::writer_of(const ast::Expr &field, const Type &as) {
  if (!ast::holds_statements(field))
    return [this, &field, &as](llvm::Value *destination) { store(field, destination, as); };
  const Type &type = info(field).type;
  llvm::Value *made = value(field);
  return [this, made, &type, &as](llvm::Value *destination) { store_value(made, type, destination, as); };
}

}  // namespace sonde::codegen
