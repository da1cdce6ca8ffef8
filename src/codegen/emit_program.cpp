// The frame of a program: entry block, predicate, body, the one exit; and the blocks in between.
//
//   entry:  allocas, scratch lookup        (filled while the body is emitted)
//   body:   predicate, statements
//   exit:   return 0
#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// A BPF frame has 512 bytes; what values do not take is left for spilled registers. A callback's
// frame counts together with its caller's.
constexpr uint32_t kProgramStack = 256;

}  // namespace

Emitter::Emitter(ModuleBuilder &module, const sema::Analysis &analysis, const sema::Unit &unit, uint32_t unit_index,
                 llvm::Function &function)
    : module_(module), analysis_(analysis), unit_(unit), unit_index_(unit_index), ir_(module.context()),
      frame_(make_frame(function, kProgramStack)), where_(unit.probe->where) {
  frame_.context = function.getArg(0);
}

void Emitter::emit_program() {
  begin_frame();
  ignore_other_syscalls();
  if (const ast::ExprPtr &predicate = unit_.probe->predicate) {
    llvm::BasicBlock *accepted = block("accepted");
    ir_.CreateCondBr(condition(*predicate), accepted, frame_.exit);
    continue_at(accepted);
  }
  allocate_variables();
  emit(unit_.probe->body);
  finish_frame();
}

Emitter::Frame Emitter::make_frame(llvm::Function &function, uint32_t stack_limit) {
  Frame frame;
  frame.function = &function;
  auto &context = module_.context();
  frame.entry = llvm::BasicBlock::Create(context, "entry", &function);
  frame.body = llvm::BasicBlock::Create(context, "body", &function);
  frame.exit = llvm::BasicBlock::Create(context, "exit", &function);
  frame.stack_limit = stack_limit;
  frame.variables.resize(unit_.variables.size());
  return frame;
}

void Emitter::begin_frame() {
  ir_.SetInsertPoint(frame_.exit);
  locate(where_);
  ir_.CreateRet(llvm::ConstantInt::get(frame_.function->getReturnType(), 0));
  ir_.SetInsertPoint(frame_.body);
}

void Emitter::finish_frame() {
  branch_to(frame_.exit);
  ir_.SetInsertPoint(frame_.entry);
  locate(where_);
  if (frame_.scratch)
    // The slot exists; the verifier wants to see the check.
    ir_.CreateCondBr(ir_.CreateIsNull(frame_.scratch), frame_.exit, frame_.body);
  else
    ir_.CreateBr(frame_.body);
}

void Emitter::locate(Location where) {
  where_ = where;
  ir_.SetCurrentDebugLocation(module_.debug_info().location(where, *frame_.function));
}

llvm::Type *Emitter::type_of(const Type &type) {
  if (type.is_scalar())
    return ir_.getIntNTy(type.size * 8);
  return llvm::ArrayType::get(ir_.getInt8Ty(), type.size);
}

llvm::ConstantInt *Emitter::constant(uint64_t value, uint32_t bits) {
  return llvm::ConstantInt::get(ir_.getContext(), llvm::APInt(64, value).zextOrTrunc(bits));
}

llvm::BasicBlock *Emitter::block(const char *name) {
  return llvm::BasicBlock::Create(module_.context(), name, frame_.function);
}

void Emitter::continue_at(llvm::BasicBlock *next) {
  branch_to(next);
  ir_.SetInsertPoint(next);
}

void Emitter::branch_to(llvm::BasicBlock *target) {
  if (!ir_.GetInsertBlock()->getTerminator())
    ir_.CreateBr(target);
}

void Emitter::branch(llvm::Value *condition, const std::function<void()> &then,
                     const std::function<void()> &otherwise) {
  llvm::BasicBlock *yes = block("then");
  llvm::BasicBlock *no = otherwise ? block("else") : nullptr;
  llvm::BasicBlock *end = block("end");
  ir_.CreateCondBr(condition, yes, no ? no : end);
  ir_.SetInsertPoint(yes);
  then();
  branch_to(end);
  if (no) {
    ir_.SetInsertPoint(no);
    otherwise();
    branch_to(end);
  }
  ir_.SetInsertPoint(end);
}

void Emitter::return_from_program() {
  assert(!record_is_reserved_ && "a reserved record must be submitted first");
  if (frame_.stop) {
    // In the callback of a loop: 1 ends the loop, the flag then ends the program.
    frame_.may_stop = true;
    ir_.CreateStore(constant(1), frame_.stop);
    ir_.CreateRet(constant(1));
  } else {
    ir_.CreateBr(frame_.exit);
  }
  ir_.SetInsertPoint(block("unreachable"));
}

}  // namespace sonde::codegen
