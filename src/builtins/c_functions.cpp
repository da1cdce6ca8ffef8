// A call is checked by the declaration that BTF has of the function. What lies in memory of the program is given by its
// address, and so are strings; an address in the kernel or in a process is a number there, which C reads by helpers.
#include "builtins/c_functions.h"

#include <fmt/format.h>
#include <llvm/IR/Module.h>

#include <algorithm>

#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

constexpr size_t kMostArguments = 5;  // of BPF's calling convention

const CFunction &function_of(const Builtin &row) { return static_cast<const CFunction &>(row); }

bool is_number(const Type &type) {
  return type.is_integer() || type.kind == TypeKind::Bool || type.kind == TypeKind::Enum;
}

bool can_pass(const Type &type) { return is_number(type) || type.is_pointer(); }

std::string signature_of(const std::string &name, const kernel::Prototype &prototype) {
  std::string text = prototype.result.is_none() ? "void " : to_string(prototype.result) + " ";
  text += name + "(";
  for (const Field &parameter : prototype.parameters.fields)
    text += (text.ends_with('(') ? "" : ", ") + to_string(parameter.type) + " " + parameter.name;
  return text + ")";
}

// What a pointer may be given: an address, or anything of the program's own memory.
bool fits_pointer(const Type &given, const Type &wanted) {
  if (given.is_integer() || !given.is_scalar())
    return !given.is_aggregate();
  if (!given.is_pointer())
    return false;
  const Type *from = given.element.get(), *to = wanted.element.get();
  bool are_structs = from && to && from->kind == TypeKind::Struct && to->kind == TypeKind::Struct;
  return !are_structs || from->name == to->name;
}

void check_argument(BuiltinUse &use, size_t i, const Field &parameter) {
  Type given = use.value(i);
  if (given.is_none())
    return;
  bool fits =
      parameter.type.is_pointer() ? fits_pointer(given, parameter.type) : is_number(given) || given.is_pointer();
  if (!fits)
    use.error(use.where(i), fmt::format("{}() takes {} '{}' here, but {} is given", use.builtin().name,
                                        to_string(parameter.type), parameter.name, to_string(given)))
        .with_hint(std::string(use.builtin().signature));
}

Type check_call(BuiltinUse &use) {
  const CFunction &function = function_of(use.builtin());
  for (size_t i = 0; i < use.count(); ++i)
    check_argument(use, i, function.prototype.parameters.fields[i]);
  return function.prototype.result;
}

llvm::Type *llvm_type(Emitter &e, const Type &type) {
  if (type.is_none())
    return e.ir().getVoidTy();
  if (type.is_pointer())
    return e.ir().getPtrTy();
  return type.kind == TypeKind::Bool ? e.ir().getInt1Ty() : e.type_of(type);
}

llvm::Value *argument_value(Emitter &e, const ast::Expr &argument, const Type &type) {
  auto &ir = e.ir();
  if (type.kind == TypeKind::Bool)
    return e.condition(argument);
  if (!type.is_pointer())
    return e.value_as(argument, type);
  return e.info(argument).type.is_scalar() ? ir.CreateIntToPtr(e.value64(argument), ir.getPtrTy()) : e.value(argument);
}

llvm::Function *declare(Emitter &e, const CFunction &function) {
  std::vector<llvm::Type *> types;
  for (const Field &parameter : function.prototype.parameters.fields)
    types.push_back(llvm_type(e, parameter.type));
  auto *type = llvm::FunctionType::get(llvm_type(e, function.prototype.result), types, false);
  llvm::Module &module = *e.ir().GetInsertBlock()->getModule();
  return llvm::cast<llvm::Function>(module.getOrInsertFunction(function.own_name, type).getCallee());
}

// Clang's functions count on numbers narrower than a register to be extended by who calls.
void extend_narrow(llvm::CallInst &call, const std::vector<Field> &parameters) {
  for (unsigned i = 0; i < parameters.size(); ++i)
    if (is_number(parameters[i].type) && parameters[i].type.size < 4)
      call.addParamAttr(i, parameters[i].type.is_signed ? llvm::Attribute::SExt : llvm::Attribute::ZExt);
}

llvm::Value *emit_call(Emitter &e, const BuiltinSite &site) {
  const CFunction &function = function_of(*site.info.builtin);
  const Type &result = function.prototype.result;
  std::vector<llvm::Value *> arguments;
  for (size_t i = 0; i < site.count(); ++i)
    arguments.push_back(argument_value(e, site.argument(i), function.prototype.parameters.fields[i].type));
  llvm::CallInst *call = e.ir().CreateCall(declare(e, function), arguments);
  call->setDoesNotThrow();
  extend_narrow(*call, function.prototype.parameters.fields);
  if (result.is_none())
    return nullptr;
  if (result.is_pointer())
    return e.ir().CreatePtrToInt(call, e.ir().getInt64Ty());
  return result.kind == TypeKind::Bool ? e.ir().CreateZExt(call, e.ir().getInt8Ty()) : call;
}

Error unusable(const std::string &name, std::string why) { return {"call", name, std::move(why), {}, 0}; }

}  // namespace

Result<void> CFunctions::add(const std::string &name, kernel::Prototype prototype) {
  for (const Builtin *row : all_builtins())
    if (row->name == name)
      return unusable(name, fmt::format("the function {}() has the name of a builtin", name));
  if (has(name))
    return unusable(name, fmt::format("the function {}() is defined a second time", name));
  if (prototype.parameters.fields.size() > kMostArguments)
    return unusable(name, fmt::format("{}() has more than {} parameters", name, kMostArguments));
  for (const Field &parameter : prototype.parameters.fields)
    if (!can_pass(parameter.type))
      return unusable(name, fmt::format("scripts cannot give {}() its '{}', a {}", name, parameter.name,
                                        to_string(parameter.type)));
  if (!prototype.result.is_none() && !can_pass(prototype.result))
    return unusable(name, fmt::format("{}() gives a {}, which scripts cannot take", name, to_string(prototype.result)));
  CFunction &function = functions_.emplace_back();
  function.own_name = name;
  function.own_signature = signature_of(name, prototype);
  function.prototype = std::move(prototype);
  function.name = function.own_name;
  function.signature = function.own_signature;
  function.form = function.prototype.result.is_none() ? Form::Statement : Form::Function;
  function.min_arguments = function.max_arguments = static_cast<uint32_t>(function.prototype.parameters.fields.size());
  function.check = check_call;
  function.emit = emit_call;
  function.has_effects = true;
  return {};
}

bool CFunctions::has(std::string_view name) const {
  return std::any_of(functions_.begin(), functions_.end(),
                     [&](const CFunction &function) { return function.own_name == name; });
}

Table CFunctions::with_builtins() {
  if (functions_.empty())
    return all_builtins();
  rows_.assign(all_builtins().begin(), all_builtins().end());
  for (const CFunction &function : functions_)
    rows_.push_back(&function);
  std::sort(rows_.begin(), rows_.end(), [](const Builtin *a, const Builtin *b) { return a->name < b->name; });
  return rows_;
}

}  // namespace sonde::builtins
