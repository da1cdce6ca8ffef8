// Scratch memory: where values live that are too large for the stack, and variables that several functions share.
//
// Each CPU has a few areas, an element of one array map each. A program takes a free one when its predicate has held
// and gives it back where it ends. Programs can be interrupted by others, and from 5.12 on also be preempted (uprobes
// of two processes) or sleep, though never moved to another CPU. Areas are therefore not returned in the order of being
// taken: each has a word of its own that says whether it is in use.
//
//   gate:     for (level = 0; level < kScratchLevels; level++) {
//               area = lookup(scratch, cpu * kScratchLevels + level)
//               if (exchange(&area->in_use, 1) == 0) goto claimed }
//             count a lost event, return 0
//   claimed:  body
//   exit:     area->in_use = 0, return 0
#include <algorithm>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "kernel/requirements.h"

namespace sonde::codegen {

// In the function of a loop: what the program around it took, which it finds in the captured array.
llvm::Value *Emitter::scratch_memory() {
  module_.scratch(scratch_total_);
  if (frame_.scratch)
    return frame_.scratch;
  llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  if (frame_.captured) {
    ir_.SetInsertPoint(frame_.entry);
    locate(where_);
    frame_.scratch = ir_.CreateLoad(ir_.getPtrTy(), offset(frame_.captured, 8 * kScratchWord));
  } else {
    frame_.claimed = block("claimed");
    ir_.SetInsertPoint(frame_.claimed);
    frame_.scratch = ir_.CreatePHI(ir_.getPtrTy(), 1, "scratch");
  }
  return frame_.scratch;
}

// What was emitted so far, the predicate, runs without scratch memory if it can: events that it turns away then cost
// no more.
void Emitter::move_gate() {
  if (frame_.scratch)
    return;
  llvm::BasicBlock *after_predicate = ir_.GetInsertBlock();
  ir_.SetInsertPoint(frame_.gate);
  branch_to(frame_.body);
  frame_.gate = block("gate");
  frame_.body = block("body");
  frame_.exit = add_exit();
  ir_.SetInsertPoint(after_predicate);
  branch_to(frame_.gate);
  ir_.SetInsertPoint(frame_.body);
}

llvm::Value *Emitter::allocate_scratch(uint32_t size) {
  uint32_t at = scratch_used_;
  scratch_used_ += (size + 7) / 8 * 8;
  scratch_total_ = std::max(scratch_total_, scratch_used_);
  return offset(scratch_memory(), at);
}

llvm::Value *Emitter::claim_word(llvm::Value *area) {
  if (kernel().version() >= kernel::kAtomicExchange)
    return ir_.CreateAtomicRMW(llvm::AtomicRMWInst::Xchg, area, constant(1), llvm::Align(8),
                               llvm::AtomicOrdering::Monotonic);
  // Programs are not preempted there. One that interrupts this has ended when we go on.
  llvm::Value *before = load(area, Type::uint64());
  ir_.CreateStore(constant(1), area);
  return before;
}

void Emitter::emit_claim() {
  llvm::BasicBlock *head = block("scratch_level"), *found = block("scratch_area"), *taken = block("scratch_taken"),
                   *none = block("no_scratch");
  llvm::Value *key = counter_key();
  ir_.SetInsertPoint(frame_.gate);
  llvm::Value *cpu = helper(Helper::GetSmpProcessorId, {}, Purity::PerRun);
  llvm::Value *first = ir_.CreateMul(cpu, constant(image::kScratchLevels));
  ir_.CreateBr(head);

  ir_.SetInsertPoint(head);
  llvm::PHINode *level = ir_.CreatePHI(ir_.getInt64Ty(), 2, "level");
  level->addIncoming(constant(0), frame_.gate);
  ir_.CreateStore(ir_.CreateTrunc(ir_.CreateAdd(first, level), ir_.getInt32Ty()), key);
  llvm::Value *area = helper(Helper::MapLookupElem, {module_.scratch(0), key});
  ir_.CreateCondBr(ir_.CreateIsNull(area), none, found);

  ir_.SetInsertPoint(found);
  llvm::Value *is_free = ir_.CreateICmpEQ(claim_word(area), constant(0));
  llvm::cast<llvm::PHINode>(frame_.scratch)->addIncoming(area, ir_.GetInsertBlock());
  ir_.CreateCondBr(is_free, frame_.claimed, taken);

  ir_.SetInsertPoint(taken);
  llvm::Value *next = ir_.CreateAdd(level, constant(1));
  level->addIncoming(next, taken);
  ir_.CreateCondBr(ir_.CreateICmpULT(next, constant(image::kScratchLevels)), head, none);

  ir_.SetInsertPoint(none);
  count_lost_event();
  ir_.CreateRet(llvm::ConstantInt::get(frame_.function->getReturnType(), 0));
  ir_.SetInsertPoint(frame_.claimed);
  ir_.CreateBr(frame_.body);
}

// Volatile: nothing that reads or writes the area may come after it.
void Emitter::emit_release() {
  ir_.SetInsertPoint(frame_.exit->getTerminator());
  ir_.CreateStore(constant(0), frame_.scratch, /*isVolatile=*/true);
}

}  // namespace sonde::codegen
