// Functions of C become hidden, of which libbpf makes functions of the object's own: the kernel then follows each call
// with the arguments that it has, instead of looking at a function by itself, of which it would ask more. (Local ones
// would still be global by their debug information, which BTF follows.)
#include "codegen/link_c.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <algorithm>
#include <set>

namespace sonde::codegen {
namespace {

std::unique_ptr<llvm::Module> read(const CModule &file, llvm::LLVMContext &context, Diagnostics &diagnostics) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(file.bitcode.data()), file.bitcode.size());
  auto read = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bytes, file.path), context);
  if (read)
    return std::move(*read);
  diagnostics.error(file.import, "could not import {}: {}", file.path, llvm::toString(read.takeError()))
      .with_hint("it was compiled by another clang than sonde understands; install clang-19");
  return nullptr;
}

// Lists of what is used leave constants behind.
bool is_unused(llvm::GlobalObject &object) {
  object.removeDeadConstantUsers();
  return object.use_empty();
}

// What the module has of its own: a license, programs that nothing attaches, and how it wants to be compiled.
void strip(llvm::Module &module) {
  llvm::removeFromUsedLists(module, [](llvm::Constant *used) {
    const auto *object = llvm::dyn_cast<llvm::GlobalObject>(used);
    return object && object->getSection() != ".maps";
  });
  for (llvm::GlobalVariable &variable : llvm::make_early_inc_range(module.globals()))
    if (variable.getSection() == "license" && is_unused(variable))
      variable.eraseFromParent();
  for (llvm::Function &function : llvm::make_early_inc_range(module))
    if (function.hasSection() && is_unused(function))
      function.eraseFromParent();
  for (llvm::Function &function : module) {
    function.removeFnAttr("target-cpu");
    function.removeFnAttr("target-features");
  }
  if (llvm::NamedMDNode *flags = module.getModuleFlagsMetadata())
    flags->eraseFromParent();
}

// A name that both define.
const llvm::GlobalValue *find_clash(const llvm::Module &ours, const llvm::Module &theirs) {
  for (const llvm::GlobalValue &value : theirs.global_values()) {
    const llvm::GlobalValue *other = ours.getNamedValue(value.getName());
    if (other && !other->isDeclaration() && !value.isDeclaration() && !value.hasLocalLinkage())
      return &value;
  }
  return nullptr;
}

bool relocates(const llvm::Module &module) {
  return std::any_of(module.global_begin(), module.global_end(), [](const llvm::GlobalVariable &variable) {
    return variable.hasAttribute("btf_ama") || variable.hasAttribute("btf_type_id");
  });
}

bool report_unlinkable(const CModule &file, const llvm::Module &ours, const llvm::Module &theirs, bool is_portable,
                       Diagnostics &diagnostics) {
  if (const llvm::GlobalValue *clash = find_clash(ours, theirs)) {
    diagnostics
        .error(file.import, "could not import {}: its '{}' has a name that is taken", file.path, clash->getName().str())
        .with_hint("give it another name, or make it static");
    return true;
  }
  if (is_portable && relocates(theirs)) {
    diagnostics
        .error(file.import, "{} relocates fields of the kernel's types, which built scripts leave to sonde", file.path)
        .with_hint("give its functions the fields that they need");
    return true;
  }
  return false;
}

void hide(llvm::Module &module, const std::set<std::string> &names) {
  for (const std::string &name : names)
    if (llvm::Function *function = module.getFunction(name)) {
      if (!function->hasLocalLinkage())
        function->setVisibility(llvm::GlobalValue::HiddenVisibility);
      function->addFnAttr("warn-stack-size", "0");  // as ModuleBuilder asks of its own
    }
}

void remove_uncalled(llvm::Module &module, const std::set<std::string> &names) {
  for (bool found = true; found;) {
    found = false;
    for (const std::string &name : names)
      if (llvm::Function *function = module.getFunction(name); function && is_unused(*function)) {
        function->eraseFromParent();
        found = true;
      }
  }
}

}  // namespace

bool link_c(llvm::Module &module, const std::vector<CModule> &files, bool is_portable, Diagnostics &diagnostics) {
  std::set<std::string> names;
  for (const CModule &file : files) {
    std::unique_ptr<llvm::Module> linked = read(file, module.getContext(), diagnostics);
    if (!linked)
      return false;
    strip(*linked);
    if (report_unlinkable(file, module, *linked, is_portable, diagnostics))
      return false;
    linked->setTargetTriple(module.getTargetTriple());
    linked->setDataLayout(module.getDataLayout());
    for (const llvm::Function &function : *linked)
      if (!function.isDeclaration())
        names.insert(function.getName().str());
    llvm::Linker::linkModules(module, std::move(linked));
  }
  hide(module, names);
  remove_uncalled(module, names);
  return true;
}

}  // namespace sonde::codegen
