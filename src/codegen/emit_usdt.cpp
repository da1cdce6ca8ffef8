// Arguments of static probes: constants, registers and memory of the program, as its note says.
#include "codegen/emitter.h"

namespace sonde::codegen {

llvm::Value *Emitter::usdt_argument(const probes::UsdtArgument &argument) {
  using Kind = probes::UsdtArgument::Kind;
  if (argument.kind == Kind::Constant)
    return constant(static_cast<uint64_t>(argument.value));
  llvm::Value *value = context_load(argument.base, 8);
  llvm::Type *narrow = ir_.getIntNTy(argument.size * 8);
  if (argument.kind == Kind::Register) {
    value = ir_.CreateTrunc(ir_.CreateLShr(value, argument.base_shift), narrow);
  } else {
    if (argument.has_index)
      value = ir_.CreateAdd(value, ir_.CreateMul(context_load(argument.index, 8), constant(argument.scale)));
    llvm::Value *address = ir_.CreateAdd(value, constant(static_cast<uint64_t>(argument.value)));
    llvm::Value *memory = allocate(argument.size);
    read_memory(memory, argument.size, address, AddressSpace::User);
    value = load(memory, Type::integer(argument.size * 8, argument.is_signed));
  }
  return argument.is_signed ? ir_.CreateSExt(value, ir_.getInt64Ty()) : ir_.CreateZExt(value, ir_.getInt64Ty());
}

}  // namespace sonde::codegen
