// One program for the entry and the return of kernel functions: it asks the kernel which of the two it is, and goes
// on in a function of its own for each.
//
//   bpf_session_is_return() ? NAME_return(ctx) : NAME_entry(ctx)
#include <llvm/IR/IRBuilder.h>

#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

constexpr const char *kIsReturn = "bpf_session_is_return";

// Newer kernels give it the context.
bool takes_context(kernel::Kernel &kernel) {
  auto prototype = kernel.function_prototype({kIsReturn, {}});
  return prototype && *prototype && !(**prototype).parameters.fields.empty();
}

}  // namespace

std::string body_name(const sema::Unit &unit) {
  const char *part = unit.is_session_return ? "_return" : unit.session_return != sema::kNoIndex ? "_entry" : "";
  return unit.function + part;
}

llvm::FunctionCallee ModuleBuilder::session_test() {
  llvm::SmallVector<llvm::Type *, 1> parameters;
  if (takes_context(kernel_))
    parameters.push_back(llvm::PointerType::get(context_, 0));
  auto *type = llvm::FunctionType::get(llvm::Type::getInt64Ty(context_), parameters, false);
  llvm::FunctionCallee test = module_->getOrInsertFunction(kIsReturn, type);
  auto *function = llvm::cast<llvm::Function>(test.getCallee());
  if (!function->getSubprogram()) {
    function->setSection(".ksyms");
    debug_info_.describe_kernel_function(*function);
  }
  return test;
}

llvm::Function *ModuleBuilder::add_session_part(uint32_t unit_index) {
  const sema::Unit &unit = analysis_.units[unit_index];
  llvm::Type *parameters[] = {llvm::PointerType::get(context_, 0)};
  llvm::Function *part = add_callback(body_name(unit), parameters, unit.probe->where);
  Emitter emitter(*this, analysis_, unit, unit_index, *part);
  emitter.emit_program();
  assert(!emitter.sleeps() && "programs at functions of the kernel do not");
  return part;
}

void ModuleBuilder::emit_session(uint32_t entry, llvm::Function &program) {
  const sema::Unit &unit = analysis_.units[entry];
  llvm::Function *at_entry = add_session_part(entry);
  llvm::Function *at_return = add_session_part(unit.session_return);
  auto block = [&](const char *name) { return llvm::BasicBlock::Create(context_, name, &program); };
  llvm::BasicBlock *start = block("start"), *is_entry = block("entry"), *is_return = block("return");
  llvm::IRBuilder<> ir(start);
  ir.SetCurrentDebugLocation(debug_info_.location(unit.probe->where, program));
  llvm::FunctionCallee test = session_test();
  llvm::SmallVector<llvm::Value *, 1> arguments;
  if (test.getFunctionType()->getNumParams() > 0)
    arguments.push_back(program.getArg(0));
  // A bool, of which only the low byte is promised.
  llvm::Value *answer = ir.CreateTrunc(ir.CreateCall(test, arguments), ir.getInt8Ty());
  ir.CreateCondBr(ir.CreateIsNotNull(answer), is_return, is_entry);
  for (auto [at, part] : {std::pair(is_entry, at_entry), std::pair(is_return, at_return)}) {
    ir.SetInsertPoint(at);
    ir.CreateCall(part, {program.getArg(0)});
    // At the entry, anything else than 0 would keep the return from being seen.
    ir.CreateRet(ir.getInt32(0));
  }
}

}  // namespace sonde::codegen
