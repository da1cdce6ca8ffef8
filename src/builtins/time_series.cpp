// tseries: a value by intervals of time. types/time_series.h has the slots.
#include "types/time_series.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

struct NamedValue {
  std::string_view name;
  SeriesValue value;
};
constexpr std::array kNamedValues{NamedValue{"avg", SeriesValue::Avg}, NamedValue{"max", SeriesValue::Max},
                                  NamedValue{"min", SeriesValue::Min}, NamedValue{"sum", SeriesValue::Sum}};

SeriesValue check_how(BuiltinUse &use) {
  if (use.count() < 4)
    return SeriesValue::Last;
  std::optional<std::string> name = use.literal(3);
  for (const NamedValue &row : kNamedValues)
    if (name == row.name)
      return row.value;
  if (name)
    use.error(use.where(3), fmt::format("tseries() cannot make one value of several by '{}'", *name))
        .with_hint("\"avg\", \"max\", \"min\" or \"sum\"; without any, the last value counts");
  return SeriesValue::Last;
}

Type check_tseries(BuiltinUse &use) {
  Type value = use.integer(0);
  int64_t interval = use.constant(1).value_or(1), count = use.constant(2).value_or(1);
  if (interval <= 0)
    use.error(use.where(1), "an interval of tseries() lasts 1 ns or more").with_hint("such as 100ms or 1s");
  if (count <= 0 || count > kMaxSeriesIntervals)
    use.error(use.where(2), fmt::format("tseries() keeps 1 to {} intervals, not {}", kMaxSeriesIntervals, count))
        .with_hint(count > 0 ? "longer intervals cover more time" : "such as 20");
  TimeSeries series;
  series.interval_ns = static_cast<uint64_t>(std::max<int64_t>(interval, 1));
  series.count = static_cast<uint32_t>(std::clamp<int64_t>(count, 1, kMaxSeriesIntervals));
  series.value = check_how(use);
  return Type::time_series(series, value.is_signed || value.is_none());
}

// The words of the current interval's slot.
struct Slot {
  llvm::Value *interval;
  llvm::Value *value;
  llvm::Value *weight;
};

// Calls `body` with the slot for that interval. The comparison is for the verifier, which cannot follow a division.
template <typename Body>
void with_slot(Emitter &e, llvm::Value *slots, llvm::Value *interval, uint32_t count, Body body) {
  llvm::Value *index = e.opaque(e.ir().CreateURem(interval, e.constant(count)));
  e.branch(e.ir().CreateICmpULT(index, e.constant(count)), [&] {
    llvm::Value *slot =
        e.ir().CreateGEP(e.ir().getInt8Ty(), slots, e.ir().CreateMul(index, e.constant(kSeriesSlotSize)));
    body(Slot{e.offset(slot, offsetof(SeriesSlot, interval)), e.offset(slot, offsetof(SeriesSlot, value)),
              e.offset(slot, offsetof(SeriesSlot, weight))});
  });
}

// What the slot held of this interval; zero if it was another's.
llvm::Value *held(Emitter &e, llvm::Value *word, llvm::Value *is_same) {
  return e.ir().CreateSelect(is_same, e.ir().CreateLoad(e.ir().getInt64Ty(), word), e.constant(0));
}

llvm::Value *combined(Emitter &e, const Type &type, llvm::Value *before, llvm::Value *weight, llvm::Value *value) {
  auto &ir = e.ir();
  switch (type.series.value) {
  case SeriesValue::Last: return value;
  case SeriesValue::Sum:
  case SeriesValue::Avg: return ir.CreateAdd(before, value);
  case SeriesValue::Min:
  case SeriesValue::Max: break;
  }
  bool is_min = type.series.value == SeriesValue::Min;
  llvm::Value *is_less = type.is_signed ? ir.CreateICmpSLT(value, before) : ir.CreateICmpULT(value, before);
  llvm::Value *is_more = type.is_signed ? ir.CreateICmpSGT(value, before) : ir.CreateICmpUGT(value, before);
  llvm::Value *is_first = ir.CreateICmpEQ(weight, e.constant(0));
  return ir.CreateSelect(ir.CreateOr(is_first, is_min ? is_less : is_more), value, before);
}

void add_to_slot(Emitter &e, const Type &type, const Slot &slot, llvm::Value *interval, llvm::Value *boot,
                 llvm::Value *value) {
  auto &ir = e.ir();
  llvm::Value *is_same = ir.CreateICmpEQ(ir.CreateLoad(ir.getInt64Ty(), slot.interval), interval);
  llvm::Value *before = held(e, slot.value, is_same), *weight = held(e, slot.weight, is_same);
  bool is_last = type.series.value == SeriesValue::Last;
  ir.CreateStore(interval, slot.interval);
  ir.CreateStore(combined(e, type, before, weight, value), slot.value);
  ir.CreateStore(is_last ? boot : ir.CreateAdd(weight, e.constant(1)), slot.weight);
}

llvm::Value *emit_tseries(Emitter &e, const BuiltinSite &site) {
  auto &ir = e.ir();
  const Type &type = e.analysis().maps[site.map].value;
  llvm::Value *value = e.value64(site.argument(0));
  llvm::Value *boot = e.helper(codegen::Helper::KtimeGetBootNs, {});
  llvm::Value *now = ir.CreateAdd(boot, e.parameter(image::ParameterKind::WallNs));
  llvm::Value *interval = ir.CreateUDiv(now, e.constant(type.series.interval_ns));
  with_slot(e, site.destination, interval, type.series.count, [&](const Slot &slot) {
    e.change_on_this_cpu([&] { add_to_slot(e, type, slot, interval, boot, value); });
  });
  return nullptr;
}

constexpr Builtin kRows[] = {
    {"tseries", Form::Aggregation, 3, 4, "tseries(n, interval, count [, \"avg\" | \"max\" | \"min\" | \"sum\"])",
     "The last so many intervals of time with the last value in each, or the values' average, maximum, minimum or sum.",
     check_tseries, emit_tseries},
};

}  // namespace

std::span<const Builtin> time_series_builtins() { return kRows; }

}  // namespace sonde::builtins
