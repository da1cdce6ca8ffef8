// Programs at the one event that every system call passes: ignoring those that are no target, and `args` as if
// each call had its event and its record.
//
//   record:  8 number (int) | 16 first argument or the result | 24 second argument | …
#include <cassert>

#include "codegen/arch_registers.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

constexpr uint32_t kNumberAt = 8;  // in the record of a tracepoint
constexpr uint32_t kFirstSlot = 16;
constexpr uint32_t kSlotSize = 8;
constexpr uint32_t kRegistersAt = 0;  // in the context
constexpr uint32_t kSecondWord = 8;

}  // namespace

bool Emitter::is_syscall_args(const ast::Expr &expr) const {
  const sema::ExprInfo &about = info(expr);
  return unit_.context.syscalls && about.builtin && about.type.kind == TypeKind::Struct;
}

// The task's registers, as they were when it entered the kernel.
llvm::Value *Emitter::syscall_register(uint32_t offset, uint32_t size) {
  return task_register(context_load(kRegistersAt, 8), offset, size);
}

llvm::Value *Emitter::task_register(llvm::Value *registers, uint32_t offset, uint32_t size) {
  return read_kernel(ir_.CreateAdd(registers, constant(offset)), size);
}

// Another machine may have more targets of a wildcard.
bool Emitter::has_syscall_table() const {
  return unit_.context.syscalls && (unit_.targets.size() > 1 || unit_.needs_cookie);
}

llvm::Value *Emitter::syscall_number() {
  if (frame_.syscall)
    return frame_.syscall;
  if (unit_.context.kind == probes::ContextKind::SyscallEnter)
    return context_load(kSecondWord, 8);
  const ArchRegisters &registers = registers_of(module_.kernel().arch());
  return ir_.CreateSExt(syscall_register(registers.syscall_number, registers.syscall_number_size), ir_.getInt64Ty());
}

// Numbers past the table's end are taken to its last entry, which belongs to none.
llvm::Value *Emitter::syscall_entry() {
  llvm::GlobalVariable *table = module_.syscall_table(unit_);
  auto *type = llvm::cast<llvm::ArrayType>(table->getValueType());
  llvm::Value *last = constant(type->getNumElements() - 1);
  llvm::Value *number = syscall_number();
  llvm::Value *index = ir_.CreateSelect(ir_.CreateICmpULT(number, last), number, last);
  return ir_.CreateLoad(ir_.getInt32Ty(), ir_.CreateInBoundsGEP(type, table, {constant(0), index}));
}

llvm::Value *Emitter::in_compat_call() {
  const probes::CompatTest &test = *unit_.context.syscalls;
  llvm::Value *distance = module_.kernel().is_the_one() ? constant(test.offset)
                                                        : offset_of(Type::structure("task_struct"),
                                                                    probes::compat_test_way(module_.kernel().arch()));
  llvm::Value *bits = running_task_field(distance, test.size);
  return ir_.CreateIsNotNull(ir_.CreateAnd(bits, constant(test.mask, test.size * 8)));
}

// The number first: it turns most calls away.
void Emitter::ignore_other_syscalls() {
  if (!unit_.context.syscalls)
    return;
  assert(!unit_.targets.empty() && "units without targets are not emitted");
  llvm::Value *number = syscall_number();
  frame_.syscall = number;
  llvm::Value *is_target = !has_syscall_table() ? ir_.CreateICmpEQ(number, constant(*unit_.targets.front().syscall))
                                                : ir_.CreateIsNotNull(syscall_entry());
  llvm::BasicBlock *known = block("known"), *native = block("native");
  ir_.CreateCondBr(is_target, known, frame_.exit);
  ir_.SetInsertPoint(known);
  ir_.CreateCondBr(in_compat_call(), frame_.exit, native);
  ir_.SetInsertPoint(native);
}

llvm::Value *Emitter::syscall_field(const Field &field) {
  bool is_exit = unit_.context.kind == probes::ContextKind::SyscallExit;
  llvm::Value *slot = nullptr;
  if (field.offset == kNumberAt)
    slot = syscall_number();
  else if (is_exit)
    slot = context_load(kSecondWord, 8);
  else
    slot = syscall_register(
        registers_of(module_.kernel().arch()).syscall_arguments[(field.offset - kFirstSlot) / kSlotSize], 8);
  return ir_.CreateTrunc(slot, ir_.getIntNTy(field.type.size * 8));
}

}  // namespace sonde::codegen
