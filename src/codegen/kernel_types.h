// Fields of the kernel's types whose places are put right where the object is loaded: CO-RE.
//
// What a loader finds in .BTF.ext comes from global variables by which LLVM's BPF target stands for such numbers
// (llvm/lib/Target/BPF/BPFCORE.h): named after type, kind, number and way to the field, and described by a type of
// debug information. These types here hold the fields that are used and no others, one behind the other as they were
// asked for, which is the order that the kernel wants in an object's types; a loader matches them by name.
#pragma once

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Module.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "codegen/debug_info.h"
#include "types/type.h"

namespace sonde::codegen {

// The way from a struct or union with a name to a field: through members without a type name of their own.
struct FieldPath {
  std::string root;  // the kernel's name of the struct
  bool root_is_union = false;
  std::vector<Field> steps;
};

class KernelTypes {
public:
  // `next_number` gives each fact one of its own.
  KernelTypes(llvm::Module &module, DebugInfo &debug_info, std::function<uint64_t()> next_number)
      : module_(module), debug_info_(debug_info), next_number_(std::move(next_number)) {}

  // The kinds of BPF's relocations (enum bpf_core_relo_kind) that are used here.
  enum class Fact : uint32_t {
    ByteOffset = 0,
    Exists = 2,
    LeftShift = 4,  // bitfields: of a 64-bit word with the storage unit, until the field is at the top
  };
  struct Variable {
    llvm::GlobalVariable *variable = nullptr;  // i64 for ByteOffset, else i32
    uint64_t number = 0;                       // of ModuleBuilder::next_number
  };
  Variable fact(Fact fact, const FieldPath &path);
  // Whether there is a type: "struct NAME", "union NAME" or "enum NAME".
  Variable type_exists(const std::string &type);
  // Before the debug information is finished, when no more will be asked for.
  void finish();

private:
  struct Node {
    llvm::DICompositeType *type = nullptr;
    bool is_union = false;
    uint32_t end = 0;                               // of the last field, in bytes
    std::vector<Field> fields;                      // where they lie here
    std::map<size_t, std::unique_ptr<Node>> inner;  // of fields[i]
  };
  std::unique_ptr<Node> open(const std::string &name, uint32_t size, bool is_union);
  static size_t add(Node &node, const Field &field);
  Variable variable(const std::string &name, uint32_t bits, llvm::DIType *type);
  void close(Node &node);

  llvm::Module &module_;
  DebugInfo &debug_info_;
  std::function<uint64_t()> next_number_;
  std::map<std::string, std::unique_ptr<Node>> roots_;
  std::map<std::string, Variable> facts_;  // by the variable's name
};

}  // namespace sonde::codegen
