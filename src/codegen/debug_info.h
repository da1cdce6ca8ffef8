// Debug information for one module: from it LLVM makes the BTF that names map fields and gives the
// verifier's log its script lines.
#pragma once

#include <llvm/IR/DIBuilder.h>

#include <span>
#include <string>
#include <vector>

#include "base/source.h"
#include "image/program_image.h"
#include "types/type.h"

namespace sonde::codegen {

// What libbpf reads about a map: each number travels as the length of an array type.
struct MapDescription {
  uint32_t bpf_type = 0;
  uint32_t max_entries = 0;
  llvm::DIType *key = nullptr;  // null where the map has none (ring buffer)
  llvm::DIType *value = nullptr;
  uint32_t flags = 0;
};

class DebugInfo {
public:
  DebugInfo(llvm::Module &module, const Sources &sources);

  // Makes `function` a program (global) or a callback (local); its parameters are opaque pointers.
  // Parameters are given variables of their own: LLVM would name them "" otherwise, and the kernel
  // refuses the BTF of the whole object for that.
  void describe_function(llvm::Function &function, Location where, bool is_program);
  // One of the kernel's, declared only: it gives a bool, and takes pointers.
  void describe_kernel_function(llvm::Function &function);
  llvm::DebugLoc location(Location where, llvm::Function &function);

  void describe_map(llvm::GlobalVariable &map, const MapDescription &description);
  void describe_variable(llvm::GlobalVariable &variable, llvm::DIType *type);

  llvm::DIType *type(const Type &type);
  llvm::DIType *bytes(uint32_t size);
  // What scalar maps hold: struct { value; u64 is_set; }.
  llvm::DIType *scalar_slot(const image::MapSpec &map);
  // A struct or union of the kernel's, and later its fields: those that programs use. `types` are those of the fields
  // where they are not null, else they follow from the field: of a kind that loaders take for the kernel's.
  llvm::DICompositeType *open_kernel_type(const std::string &name, uint32_t size, bool is_union);
  void close_kernel_type(llvm::DICompositeType *&type, std::span<const Field> fields,
                         std::span<llvm::DIType *const> types);
  // A type of the kernel's of which only the name counts: "struct NAME", "union NAME", "enum NAME".
  llvm::DIType *named_kernel_type(const std::string &type);
  // To be called once, when nothing will be described any more.
  void finish() { builder_.finalize(); }

private:
  llvm::DIFile *file(Location where);
  unsigned line(Location where) const;
  llvm::DIType *kernel_field_type(const Type &type);
  llvm::DIType *kernel_enum(const std::string &name, uint32_t size);
  llvm::DIType *unsigned_integer(uint32_t bits);
  llvm::DIType *pointer_to(llvm::DIType *type);
  llvm::DIType *array_of(llvm::DIType *element, uint64_t count, uint64_t element_size);
  llvm::DIType *structure(const std::string &name, const StructLayout &layout);
  llvm::DIType *members(const char *first, bool first_is_signed, const char *second);
  llvm::DICompositeType *structure_of(const std::string &name, uint64_t size, std::span<llvm::Metadata *const> members);
  llvm::DIType *member(llvm::StringRef name, llvm::DIType *type, uint64_t size, uint64_t offset);

  llvm::Module &module_;
  const Sources &sources_;
  llvm::DIBuilder builder_;
  std::vector<llvm::DIFile *> files_;  // parallel to the sources; made when first needed
  llvm::DICompileUnit *unit_;
  unsigned kernel_types_ = 0;
};

}  // namespace sonde::codegen
