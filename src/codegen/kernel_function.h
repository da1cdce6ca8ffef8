// Calls of functions that the kernel offers programs beside the helpers (kfuncs).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace llvm {
class Value;
}  // namespace llvm

namespace sonde::codegen {

class Emitter;

// A parameter or result: an int, or a pointer to a struct of that name.
struct KernelFunctionType {
  std::string_view pointee = {};  // empty: int
};

// What libbpf looks for in the kernel's BTF when it loads the object: the name, and that the types are alike.
struct KernelFunction {
  std::string name;
  bool returns = false;
  KernelFunctionType result = {};
  std::initializer_list<KernelFunctionType> parameters;
};

// Pointers are given and returned as pointers, ints as i32. Null where the function returns nothing.
llvm::Value *call_kernel_function(Emitter &emitter, const KernelFunction &function,
                                  std::initializer_list<llvm::Value *> arguments);

}  // namespace sonde::codegen
