// Histograms: hist (powers of two) and lhist (equal steps). types/histogram.h has the slots.
#include "types/histogram.h"

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

// Slots of lhist cost memory on every CPU for every key.
constexpr uint32_t kMaxLinearBuckets = 1000;

// Adds one to slot `index` (i64). The comparison is for the verifier, which cannot follow the
// arithmetic that made the index.
void count_slot(Emitter &e, llvm::Value *slots, llvm::Value *index, uint32_t slot_count) {
  index = e.opaque(index);
  llvm::Value *in_range = e.ir().CreateICmpULT(index, e.constant(slot_count));
  e.branch(in_range, [&] { e.add_on_this_cpu(e.ir().CreateGEP(e.ir().getInt64Ty(), slots, index), e.constant(1)); });
}

Type check_hist(BuiltinUse &use) {
  use.integer(0);
  int64_t bits = use.count() > 1 ? use.constant(1).value_or(0) : 0;
  if (bits < 0 || bits > kMaxHistBits) {
    use.error(use.where(1),
              fmt::format("hist() divides each power of two by 0 to {} bits, not {}", kMaxHistBits, bits));
    bits = 0;
  }
  return Type::hist(static_cast<uint32_t>(bits));
}

// floor(log2(n)) of n > 0 by halving: BPF has no instruction for it. Without branches, of which the verifier would
// follow every combination; n has 2 * width bits at each step, so that the sum carries into the next bit from 2^width
// on.
llvm::Value *emit_log2(Emitter &e, llvm::Value *n) {
  auto &ir = e.ir();
  llvm::Value *log = e.constant(0);
  for (uint32_t power : {5, 4, 3, 2, 1, 0}) {
    uint32_t width = 1 << power;
    llvm::Value *carry =
        width == 32 ? ir.CreateLShr(ir.CreateAdd(ir.CreateLShr(n, 32), e.constant(UINT32_MAX)), 32)
                    : ir.CreateLShr(ir.CreateAdd(n, e.constant((1ULL << 2 * width) - (1ULL << width))), 2 * width);
    llvm::Value *step = ir.CreateShl(carry, power);
    n = ir.CreateLShr(n, step);
    log = ir.CreateOr(log, step);
  }
  return log;
}

llvm::Value *emit_hist(Emitter &e, const BuiltinSite &site) {
  auto &ir = e.ir();
  const Type &type = e.analysis().maps[site.map].value;
  uint64_t bits = type.count;
  uint64_t linear = uint64_t{1} << bits;  // values below it have slots of their own
  llvm::Value *n = e.value64(site.argument(0));
  // ((l + 1) << bits) + ((n >> l) & (linear - 1)) + 1 with l = log2(n) - bits
  llvm::Value *level = ir.CreateSub(emit_log2(e, n), e.constant(bits));
  llvm::Value *within = ir.CreateAnd(ir.CreateLShr(n, ir.CreateAnd(level, e.constant(63))), e.constant(linear - 1));
  llvm::Value *above = ir.CreateShl(ir.CreateAdd(level, e.constant(1)), e.constant(bits));
  llvm::Value *slot = ir.CreateAdd(ir.CreateAdd(above, within), e.constant(1));
  slot = ir.CreateSelect(ir.CreateICmpULT(n, e.constant(linear)), ir.CreateAdd(n, e.constant(1)), slot);
  // Unsigned numbers may be larger than any that the last bucket is for: it has no end.
  llvm::Value *last = e.constant(hist_bucket_count(type.count) - 1);
  slot = ir.CreateSelect(ir.CreateICmpULT(slot, last), slot, last);
  if (e.info(site.argument(0)).type.is_signed)
    slot = ir.CreateSelect(ir.CreateICmpSLT(n, e.constant(0)), e.constant(0), slot);
  count_slot(e, site.destination, slot, hist_bucket_count(type.count));
  return nullptr;
}

Type check_lhist(BuiltinUse &use) {
  use.integer(0);
  LinearBuckets buckets;
  buckets.min = use.constant(1).value_or(0);
  buckets.max = use.constant(2).value_or(1);
  buckets.step = use.constant(3).value_or(1);
  if (buckets.step <= 0)
    use.error(use.where(3), "the step of lhist() must be 1 or more");
  else if (buckets.min >= buckets.max)
    use.error(use.where(1),
              fmt::format("lhist() goes from min to max, but {} is not below {}", buckets.min, buckets.max));
  else if ((static_cast<uint64_t>(buckets.max) - static_cast<uint64_t>(buckets.min)) / buckets.step > kMaxLinearBuckets)
    use.error(use.where(), fmt::format("lhist() has at most {} buckets", kMaxLinearBuckets))
        .with_hint("a larger step makes fewer");
  else
    return Type::lhist(buckets);
  return Type::lhist({0, 1, 1});
}

llvm::Value *emit_lhist(Emitter &e, const BuiltinSite &site) {
  auto &ir = e.ir();
  const LinearBuckets buckets = e.analysis().maps[site.map].value.linear;
  llvm::Value *n = e.value64(site.argument(0));
  llvm::Value *from_min = ir.CreateSub(n, e.constant(static_cast<uint64_t>(buckets.min)));
  llvm::Value *slot = ir.CreateUDiv(from_min, e.constant(static_cast<uint64_t>(buckets.step)));
  slot = ir.CreateAdd(slot, e.constant(1));
  bool is_signed = e.info(site.argument(0)).type.is_signed || buckets.min < 0;
  auto below = is_signed ? llvm::CmpInst::ICMP_SLT : llvm::CmpInst::ICMP_ULT;
  auto above = is_signed ? llvm::CmpInst::ICMP_SGE : llvm::CmpInst::ICMP_UGE;
  llvm::Value *max = e.constant(static_cast<uint64_t>(buckets.max));
  llvm::Value *min = e.constant(static_cast<uint64_t>(buckets.min));
  slot = ir.CreateSelect(ir.CreateICmp(above, n, max), e.constant(buckets.count() - 1), slot);
  slot = ir.CreateSelect(ir.CreateICmp(below, n, min), e.constant(0), slot);
  count_slot(e, site.destination, slot, buckets.count());
  return nullptr;
}

constexpr Builtin kRows[] = {
    {"hist", Form::Aggregation, 1, 2, "hist(n [, bits])",
     "Counts values in powers of two, each divided into 2^bits buckets (bits 0 to 5).", check_hist, emit_hist},
    {"lhist", Form::Aggregation, 4, 4, "lhist(n, min, max, step)",
     "Counts values in equal steps from min to max, and those outside.", check_lhist, emit_lhist},
};

}  // namespace

std::span<const Builtin> histogram_builtins() { return kRows; }

}  // namespace sonde::builtins
