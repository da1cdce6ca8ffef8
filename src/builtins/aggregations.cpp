// Aggregations that need a number or two for each key and CPU.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

Type check_count(BuiltinUse &) { return Type::count_aggregate(); }
llvm::Value *emit_count(Emitter &e, const BuiltinSite &site) {
  e.add_on_this_cpu(site.destination, e.constant(1));
  return nullptr;
}

bool is_signed(const Type &type) { return type.is_signed || type.is_none(); }

Type check_sum(BuiltinUse &use) { return Type::sum(is_signed(use.integer(0))); }
llvm::Value *emit_sum(Emitter &e, const BuiltinSite &site) {
  e.add_on_this_cpu(site.destination, e.value64(site.argument(0)));
  return nullptr;
}

template <TypeKind kind> Type check_extremum(BuiltinUse &use) {
  return Type::extremum(kind, is_signed(use.integer(0)));
}

// { value, is_set }: a new entry is all zeros, and zero may be no value seen yet.
template <llvm::CmpInst::Predicate if_signed, llvm::CmpInst::Predicate if_unsigned>
llvm::Value *emit_extremum(Emitter &e, const BuiltinSite &site) {
  llvm::Value *candidate = e.value64(site.argument(0));
  llvm::Value *is_set_address = e.offset(site.destination, 8);
  auto predicate = e.info(site.argument(0)).type.is_signed ? if_signed : if_unsigned;
  e.change_on_this_cpu([&] {
    llvm::Value *best = e.ir().CreateLoad(e.ir().getInt64Ty(), site.destination);
    llvm::Value *is_set = e.ir().CreateLoad(e.ir().getInt64Ty(), is_set_address);
    llvm::Value *better = e.ir().CreateICmp(predicate, candidate, best);
    llvm::Value *first = e.ir().CreateICmpEQ(is_set, e.constant(0));
    llvm::Value *chosen = e.ir().CreateSelect(e.ir().CreateOr(better, first), candidate, best);
    e.ir().CreateStore(chosen, site.destination);
    e.ir().CreateStore(e.constant(1), is_set_address);
  });
  return nullptr;
}

template <TypeKind kind> Type check_average(BuiltinUse &use) { return Type::average(kind, is_signed(use.integer(0))); }
llvm::Value *emit_average(Emitter &e, const BuiltinSite &site) {
  e.add_on_this_cpu(site.destination, e.value64(site.argument(0)));
  e.add_on_this_cpu(e.offset(site.destination, 8), e.constant(1));
  return nullptr;
}

using Cmp = llvm::CmpInst;

constexpr Builtin kRows[] = {
    {"count", Form::Aggregation, 0, 0, "count()", "How often it was called.", check_count, emit_count},
    {"sum", Form::Aggregation, 1, 1, "sum(n)", "The sum of the values.", check_sum, emit_sum},
    {"min", Form::Aggregation, 1, 1, "min(n)", "The least value.", check_extremum<TypeKind::Min>,
     emit_extremum<Cmp::ICMP_SLT, Cmp::ICMP_ULT>},
    {"max", Form::Aggregation, 1, 1, "max(n)", "The greatest value.", check_extremum<TypeKind::Max>,
     emit_extremum<Cmp::ICMP_SGT, Cmp::ICMP_UGT>},
    {"avg", Form::Aggregation, 1, 1, "avg(n)", "The mean of the values.", check_average<TypeKind::Avg>, emit_average},
    {"stats", Form::Aggregation, 1, 1, "stats(n)", "Count, mean and sum of the values.", check_average<TypeKind::Stats>,
     emit_average},
};

}  // namespace

std::span<const Builtin> aggregation_builtins() { return kRows; }

}  // namespace sonde::builtins
