// The frame of a program: entry block, predicate, body, the one exit; and the blocks in between.
//
//   entry:  allocas                        (filled while the rest is emitted)
//   body:   events of others left (emit_syscall.cpp, emit_scope.cpp), predicate
//   gate:   scratch memory is claimed      (before the predicate if that needs it)
//   body:   statements
//   exit:   scratch memory is released, return 0
#include <cassert>

#include "ast/holds_statements.h"
#include "codegen/emitter.h"
#include "codegen/loop_form.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// A BPF frame has 512 bytes; what values do not take is left for spilled registers. A callback's
// frame counts together with its caller's.
constexpr uint32_t kProgramStack = 256;
constexpr uint32_t kSparingStack = 0;  // all of it for spills

constexpr uint32_t kAreaHeader = 8;  // of scratch memory: whether it is in use

}  // namespace

Emitter::Emitter(ModuleBuilder &module, const sema::Analysis &analysis, const sema::Unit &unit, uint32_t unit_index,
                 llvm::Function &function)
    : module_(module), analysis_(analysis), unit_(unit), unit_index_(unit_index), ir_(module.context()),
      frame_(make_frame(function, module.spares_stack() ? kSparingStack : kProgramStack)), where_(unit.probe->where),
      scratch_used_(kAreaHeader), scratch_total_(kAreaHeader),
      is_shared_(find_shared_variables(unit, module.kernel().version(), module.rolls_loops(), module.spares_stack())),
      shared_place_(unit.variables.size()) {
  frame_.context = function.getArg(0);
}

// The result of a test is what its program returns; sema keeps it out of loops, whose bodies are functions of their
// own.
void Emitter::allocate_result() {
  if (unit_.provider->kind() != image::ProviderKind::Test)
    return;
  ir_.SetInsertPoint(frame_.entry);
  frame_.result = ir_.CreateAlloca(frame_.function->getReturnType(), nullptr, "result");
  ir_.CreateStore(llvm::ConstantInt::get(frame_.function->getReturnType(), 0), frame_.result);
}

void Emitter::emit_program() {
  allocate_result();
  begin_frame();
  keep_to_stack_of_task();
  ignore_other_syscalls();
  ignore_other_processes();
  ignore_end_of_iteration();
  const ast::ExprPtr &predicate = unit_.probe->predicate;
  bool predicate_declares = predicate && ast::holds_statements(*predicate);
  if (predicate_declares)
    allocate_kept_variables();
  if (predicate) {
    llvm::BasicBlock *accepted = block("accepted");
    ir_.CreateCondBr(condition(*predicate), accepted, frame_.exit);
    continue_at(accepted);
  }
  move_gate();
  if (!predicate_declares)
    allocate_kept_variables();
  if (!predicate) {
    emit(unit_.probe->body);
  } else if (sema::kernel_decides(*predicate, unit_).value_or(true)) {
    sema::GuardedBranch guarded = guarded_by(*predicate, true);
    emit(unit_.probe->body);
  }
  finish_frame();
}

// After the last object the kernel calls once more, without one.
void Emitter::ignore_end_of_iteration() {
  if (unit_.context.kind != probes::ContextKind::Iterator)
    return;
  constexpr uint64_t kFirstObject = 8;
  llvm::BasicBlock *has_object = block("object");
  llvm::Value *object = load_aligned(offset(context(), kFirstObject), 8, 8);
  ir_.CreateCondBr(ir_.CreateICmpEQ(object, constant(0)), frame_.exit, has_object);
  ir_.SetInsertPoint(has_object);
}

Emitter::Frame Emitter::make_frame(llvm::Function &function, uint32_t stack_limit) {
  Frame frame;
  frame.function = &function;
  auto &context = module_.context();
  frame.entry = llvm::BasicBlock::Create(context, "entry", &function);
  frame.first = frame.gate = llvm::BasicBlock::Create(context, "start", &function);
  frame.body = llvm::BasicBlock::Create(context, "body", &function);
  frame.stack_limit = stack_limit;
  frame.variables.resize(unit_.variables.size());
  return frame;
}

void Emitter::begin_frame() {
  frame_.exit = add_exit();
  ir_.SetInsertPoint(frame_.body);
}

llvm::BasicBlock *Emitter::add_exit() {
  llvm::BasicBlock *exit = block("exit");
  llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(exit);
  locate(where_);
  llvm::Type *type = frame_.function->getReturnType();
  ir_.CreateRet(frame_.result ? static_cast<llvm::Value *>(ir_.CreateLoad(type, frame_.result))
                              : llvm::ConstantInt::get(type, 0));
  return exit;
}

void Emitter::finish_frame() {
  branch_to(frame_.exit);
  locate(where_);
  if (frame_.claimed) {
    emit_release();
    emit_claim();
  }
  ir_.SetInsertPoint(frame_.gate);
  branch_to(frame_.body);
  ir_.SetInsertPoint(frame_.entry);
  ir_.CreateBr(frame_.first);
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
  if (frame_.captured) {
    // In the callback of a loop: 1 ends the loop, the flag then ends the program.
    frame_.may_stop = true;
    ir_.CreateStore(constant(1), offset(frame_.captured, 8 * kStopWord));
    ir_.CreateRet(constant(1));
  } else {
    ir_.CreateBr(frame_.exit);
  }
  ir_.SetInsertPoint(block("unreachable"));
}

}  // namespace sonde::codegen
