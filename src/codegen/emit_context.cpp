// Helper calls and what the program's context holds.
#include <llvm/IR/IntrinsicsBPF.h>

#include <algorithm>
#include <cassert>

#include "codegen/arch_registers.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// Since when programs there can ask for the address of the function.
constexpr kernel::KernelVersion kAddressOfKprobe{5, 15, 0}, kAddressOfUprobe{6, 6, 0};

bool returns_pointer(Helper helper) {
  return helper == Helper::MapLookupElem || helper == Helper::MapLookupPercpuElem || helper == Helper::RingbufReserve;
}

}  // namespace

// A helper is a call to its number. One that always gives the same during a run says so, and LLVM
// merges its calls.
llvm::Value *Emitter::helper(Helper helper, std::initializer_list<llvm::Value *> arguments, Purity purity) {
  llvm::SmallVector<llvm::Value *, 5> values;
  llvm::SmallVector<llvm::Type *, 5> types;
  for (llvm::Value *argument : arguments) {
    if (argument->getType()->isIntegerTy() && argument->getType() != ir_.getInt64Ty())
      argument = ir_.CreateZExtOrTrunc(argument, ir_.getInt64Ty());
    values.push_back(argument);
    types.push_back(argument->getType());
  }
  llvm::Type *result = returns_pointer(helper) ? ir_.getPtrTy() : static_cast<llvm::Type *>(ir_.getInt64Ty());
  auto *type = llvm::FunctionType::get(result, types, false);
  auto *number = llvm::ConstantInt::get(ir_.getInt64Ty(), static_cast<uint64_t>(helper));
  llvm::CallInst *call = ir_.CreateCall(type, llvm::ConstantExpr::getIntToPtr(number, ir_.getPtrTy()), values);
  call->setDoesNotThrow();
  if (purity == Purity::PerRun) {
    call->setDoesNotAccessMemory();
    call->addFnAttr(llvm::Attribute::WillReturn);
    call->addFnAttr(llvm::Attribute::NoSync);
  }
  return call;
}

// Loads of two context fields on two paths must not become one load of a chosen address, which the
// verifier refuses. LLVM does not merge values that come out of its pass-through, and numbering
// them by place lets it still merge loads of the same place.
llvm::Value *Emitter::context_load(uint64_t offset, uint32_t size) {
  return kept_apart(load_aligned(this->offset(context(), offset), size, size), offset * 8 + size - 1);
}

llvm::Value *Emitter::kept_apart(llvm::Value *value, uint64_t number) {
  auto *type = value->getType();
  auto *keep = llvm::Intrinsic::getDeclaration(&module_.module(), llvm::Intrinsic::bpf_passthrough, {type, type});
  return ir_.CreateCall(keep, {constant(number, 32), value});
}

llvm::Value *Emitter::argument_register(uint32_t index) {
  if (unit_.context.kind == probes::ContextKind::Arguments)
    return context_load(8 * index, 8);
  if (unit_.provider->kind() == image::ProviderKind::Usdt)
    return usdt_argument(unit_.context.usdt_arguments[index]);
  const ArchRegisters &registers = registers_of(module_.kernel().arch());
  if (unit_.context.kind == probes::ContextKind::SyscallWrapper)
    return task_register(context_load(registers.arguments[0], 8), registers.syscall_arguments[index], 8);
  if (index < registers.arguments.size())
    return context_load(registers.arguments[index], 8);
  llvm::Value *address = ir_.CreateAdd(stack_arguments(), constant(8 * (index - registers.arguments.size())));
  if (unit_.context.pointers == AddressSpace::Kernel)
    return read_kernel(address, 8);
  llvm::Value *value = allocate(8);
  read_memory(value, 8, address, unit_.context.pointers);
  return load(value, Type::uint64());
}

llvm::Value *Emitter::return_register() {
  if (unit_.context.kind == probes::ContextKind::Arguments)
    return context_load(unit_.context.result_offset, 8);
  return context_load(registers_of(module_.kernel().arch()).return_value, 8);
}

llvm::Value *Emitter::instruction_pointer() {
  if (unit_.context.kind == probes::ContextKind::Arguments)
    return helper(Helper::GetFuncIp, {context()}, Purity::PerRun);
  // At a return, the registers are those of the caller.
  bool is_user = unit_.context.pointers == AddressSpace::User;
  if (unit_.context.has_retval && kernel().version() >= (is_user ? kAddressOfUprobe : kAddressOfKprobe))
    return helper(Helper::GetFuncIp, {context()}, Purity::PerRun);
  return context_load(registers_of(module_.kernel().arch()).instruction_pointer, 8);
}

kernel::Kernel &Emitter::kernel() { return module_.kernel(); }

llvm::Value *Emitter::target_name_index() {
  if (has_syscall_table())
    return ir_.CreateZExt(ir_.CreateSub(syscall_entry(), constant(1, 32)), ir_.getInt64Ty());
  if (unit_.needs_cookie)
    return ir_.CreateAdd(helper(Helper::GetAttachCookie, {context()}, Purity::PerRun), constant(unit_.cookie_distance));
  return constant(unit_.targets.empty() ? 0 : unit_.targets.front().name_index);
}

llvm::Value *Emitter::stack_arguments() {
  const ArchRegisters &registers = registers_of(module_.kernel().arch());
  return ir_.CreateAdd(context_load(registers.stack_pointer, 8), constant(registers.stack_arguments));
}

void Emitter::store_piece(const probes::ArgumentPiece &piece, llvm::Value *args) {
  llvm::Value *destination = offset(args, piece.offset);
  if (piece.is_on_stack) {
    llvm::Value *address = ir_.CreateAdd(stack_arguments(), constant(8 * uint64_t{piece.number}));
    read_memory(destination, piece.size, address, AddressSpace::User);
    return;
  }
  llvm::Value *value = context_load(registers_of(module_.kernel().arch()).arguments[piece.number], 8);
  in_words(piece.size, alignment_of(destination), [&](uint32_t at, uint32_t width) {
    llvm::Value *part = ir_.CreateTrunc(ir_.CreateLShr(value, 8 * at), ir_.getIntNTy(width * 8));
    ir_.CreateAlignedStore(part, offset(destination, at), llvm::Align(width));
  });
}

bool Emitter::is_register_args(const ast::Expr &expr) const {
  const sema::ExprInfo &about = info(expr);
  return unit_.context.kind == probes::ContextKind::Registers && about.builtin && about.type.kind == TypeKind::Struct;
}

// A field that is one number, straight from where the function gets it.
llvm::Value *Emitter::register_field(const Field &field) {
  for (const probes::ArgumentPiece &piece : unit_.context.args_pieces)
    if (piece.offset == field.offset && !piece.is_on_stack)
      return ir_.CreateTrunc(context_load(registers_of(module_.kernel().arch()).arguments[piece.number], 8),
                             type_of(field.type));
  return nullptr;
}

void Emitter::store_args(llvm::Value *destination, const Type &type) {
  if (unit_.context.kind == probes::ContextKind::Registers) {
    zero(destination, type.size);
    for (const probes::ArgumentPiece &piece : unit_.context.args_pieces)
      store_piece(piece, destination);
    return;
  }
  if (!unit_.context.syscalls) {
    read_memory(destination, type.size, ir_.CreatePtrToInt(context(), ir_.getInt64Ty()), AddressSpace::Kernel);
    return;
  }
  zero(destination, type.size);
  for (const Field &field : type.layout->fields)
    ir_.CreateStore(syscall_field(field), offset(destination, field.offset));
}

// Past their NUL they are zero, as strings are in keys.
void Emitter::copy_text(image::ParameterKind kind, const std::string &name, llvm::Value *destination, uint32_t size) {
  copy(destination, module_.text({kind, name}), size);
}

llvm::Value *Emitter::cpu_count() {
  if (kernel().is_the_one())
    return constant(kernel().possible_cpu_count());
  return parameter(image::ParameterKind::CpuCount);
}

llvm::Value *Emitter::symbol_address(const std::string &name) {
  if (kernel().is_the_one())
    return constant(kernel().symbol_address(name).value_or(0));
  note_use(image::KernelUseKind::Symbol, name, "", "", where_);
  return parameter(image::ParameterKind::KernelSymbol, name);
}

llvm::Value *Emitter::parameter(image::ParameterKind kind, const std::string &name) {
  llvm::LoadInst *value = ir_.CreateLoad(ir_.getInt64Ty(), module_.parameter({kind, name}));
  value->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(module_.context(), {}));
  return value;
}

}  // namespace sonde::codegen
