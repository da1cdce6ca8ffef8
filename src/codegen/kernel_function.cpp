// Declares functions of the kernel in a module: without a body, in the section that libbpf looks at, and described by
// debug information, from which LLVM makes the BTF that libbpf compares.
#include "codegen/kernel_function.h"

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/Module.h>

#include "codegen/emitter.h"

namespace sonde::codegen {
namespace {

constexpr const char *kSection = ".ksyms";

// Only the name of a struct is compared.
llvm::DIType *described(llvm::DIBuilder &builder, llvm::DICompileUnit &unit, const KernelFunctionType &type) {
  if (type.pointee.empty())
    return builder.createBasicType("int", 32, llvm::dwarf::DW_ATE_signed);
  llvm::DIType *pointee = builder.createStructType(&unit, {type.pointee.data(), type.pointee.size()}, unit.getFile(), 0,
                                                   0, 0, llvm::DINode::FlagZero, nullptr, {});
  return builder.createPointerType(pointee, 64);
}

llvm::Type *lowered(llvm::LLVMContext &context, const KernelFunctionType &type) {
  if (type.pointee.empty())
    return llvm::Type::getInt32Ty(context);
  return llvm::PointerType::get(context, 0);
}

llvm::Function *declare(llvm::Module &module, const KernelFunction &function) {
  llvm::DICompileUnit &unit = **module.debug_compile_units_begin();
  llvm::DIBuilder builder(module, /*AllowUnresolved=*/false, &unit);
  llvm::SmallVector<llvm::Metadata *, 4> signature;
  llvm::SmallVector<llvm::Type *, 4> parameters;
  signature.push_back(function.returns ? described(builder, unit, function.result) : nullptr);
  for (const KernelFunctionType &parameter : function.parameters) {
    signature.push_back(described(builder, unit, parameter));
    parameters.push_back(lowered(module.getContext(), parameter));
  }
  llvm::Type *result =
      function.returns ? lowered(module.getContext(), function.result) : llvm::Type::getVoidTy(module.getContext());
  auto *declared = llvm::Function::Create(llvm::FunctionType::get(result, parameters, false),
                                          llvm::GlobalValue::ExternalLinkage, function.name, module);
  declared->setSection(kSection);
  declared->addFnAttr(llvm::Attribute::NoUnwind);
  auto *type = builder.createSubroutineType(builder.getOrCreateTypeArray(signature));
  declared->setSubprogram(builder.createFunction(unit.getFile(), function.name, {}, unit.getFile(), 0, type, 0,
                                                 llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagZero));
  return declared;
}

}  // namespace

llvm::Value *call_kernel_function(Emitter &emitter, const KernelFunction &function,
                                  std::initializer_list<llvm::Value *> arguments) {
  llvm::Module &module = *emitter.ir().GetInsertBlock()->getModule();
  llvm::Function *declared = module.getFunction(function.name);
  if (!declared)
    declared = declare(module, function);
  llvm::SmallVector<llvm::Value *, 4> values(arguments.begin(), arguments.end());
  llvm::Value *result = emitter.ir().CreateCall(declared, values);
  return function.returns ? result : nullptr;
}

}  // namespace sonde::codegen
