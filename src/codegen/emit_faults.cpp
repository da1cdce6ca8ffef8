// Memory of the traced process that is not resident yet: a plain read of it fails, as nothing may sleep until the
// kernel has brought the page in. Programs of uprobes may, on kernels that let them:
//
//   read(dst, n, p)  →  if (read(dst, n, p) < 0) { fault_in(p, n); read(dst, n, p); }
#include <algorithm>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

constexpr uint64_t kPage = 4096;  // or a part of one
constexpr uint64_t kMostPages = 8;
constexpr uint32_t kFaultInStack = 16;

bool has_stacks(const sema::Unit &unit) {
  return std::any_of(unit.exprs.begin(), unit.exprs.end(),
                     [](const sema::ExprInfo &info) { return info.type.is_stack(); });
}

}  // namespace

// The kernel refuses stack-trace maps and cgroup arrays to programs that sleep, and walks the entries of a map under a
// lock: the bodies of loops do not sleep.
bool Emitter::may_sleep() {
  if (!may_sleep_)
    may_sleep_ = unit_.context.may_wait && !has_stacks(unit_) && !analysis_.scope.is_cgroup &&
                 kernel().has(kernel::Feature::SleepableUprobes);
  return *may_sleep_;
}

llvm::Value *Emitter::read_user(Helper read, llvm::Value *destination, llvm::Value *size, llvm::Value *address) {
  llvm::Value *first = helper(read, {destination, size, address});
  if (!may_sleep() || frame_.captured)
    return first;
  llvm::Function *fault_in = fault_in_function();
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *retry = block("fault_in"), *end = block("read");
  ir_.CreateCondBr(ir_.CreateICmpSLT(first, constant(0)), retry, end);
  ir_.SetInsertPoint(retry);
  ir_.CreateCall(fault_in, {address, size});
  llvm::Value *second = helper(read, {destination, size, address});
  ir_.CreateBr(end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *result = ir_.CreatePHI(ir_.getInt64Ty(), 2);
  result->addIncoming(first, before);
  result->addIncoming(second, retry);
  return result;
}

// fault_in(address, size): touches each page, until one is no memory of the process.
llvm::Function *Emitter::fault_in_function() {
  if (fault_in_)
    return fault_in_;
  llvm::Type *parameters[] = {ir_.getInt64Ty(), ir_.getInt64Ty()};
  fault_in_ = module_.add_callback(unit_.function + "_fault_in", parameters, where_);
  llvm::IRBuilder<>::InsertPoint after = ir_.saveIP();
  Frame outer = std::exchange(frame_, make_frame(*fault_in_, kFaultInStack));
  begin_frame();
  locate(where_);
  llvm::Value *address = fault_in_->getArg(0), *size = fault_in_->getArg(1);
  llvm::IRBuilder<> entry(frame_.entry);
  llvm::Value *byte = entry.CreateAlloca(ir_.getInt64Ty());
  llvm::BasicBlock *page = block("page"), *next = block("next_page");
  // Below it nothing is ever mapped: a null pointer needs no trip through the page fault's code.
  ir_.CreateCondBr(ir_.CreateICmpUGE(address, constant(kPage)), page, frame_.exit);
  ir_.SetInsertPoint(page);
  llvm::PHINode *at = ir_.CreatePHI(ir_.getInt64Ty(), 2), *round = ir_.CreatePHI(ir_.getInt64Ty(), 2);
  llvm::Value *failed = helper(Helper::CopyFromUser, {byte, constant(1), at});
  ir_.CreateCondBr(ir_.CreateICmpEQ(failed, constant(0)), next, frame_.exit);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(ir_.CreateOr(at, constant(kPage - 1)), constant(1));
  llvm::Value *rounds = ir_.CreateAdd(round, constant(1));
  at->addIncoming(address, frame_.body);
  at->addIncoming(following, next);
  round->addIncoming(constant(0), frame_.body);
  round->addIncoming(rounds, next);
  llvm::Value *is_wanted = ir_.CreateICmpULT(ir_.CreateSub(following, address), size);
  llvm::Value *goes_on = ir_.CreateAnd(is_wanted, ir_.CreateICmpULT(rounds, constant(kMostPages)));
  ir_.CreateCondBr(goes_on, page, frame_.exit);
  ir_.SetInsertPoint(block("unreachable"));
  finish_frame();
  frame_ = std::move(outer);
  ir_.restoreIP(after);
  locate(where_);
  return fault_in_;
}

}  // namespace sonde::codegen
