// Describes programs, maps and types. No DWARF comes of it: the module says CodeView, which the BPF
// target does not have, and BTF is made all the same.
#include "codegen/debug_info.h"

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/Module.h>

#include <cctype>

namespace sonde::codegen {
namespace {

constexpr uint64_t kPointerBits = 64;

// The kernel takes only C identifiers as names of members and structs.
std::string identifier(std::string_view name) {
  std::string result;
  for (char c : name)
    result += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result.front())))
    result.insert(result.begin(), '_');
  return result;
}

bool has_bitfields(const StructLayout &layout) {
  for (const Field &field : layout.fields)
    if (field.bit_width || field.name.empty())
      return true;
  return false;
}

}  // namespace

DebugInfo::DebugInfo(llvm::Module &module, const Sources &sources)
    : module_(module), sources_(sources), builder_(module), files_(sources.size()) {
  module.addModuleFlag(llvm::Module::Warning, "CodeView", 1);
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  unit_ = builder_.createCompileUnit(llvm::dwarf::DW_LANG_C, file({}), "sonde", true, "", 0);
}

llvm::DIFile *DebugInfo::file(Location where) {
  if (files_.empty())
    return builder_.createFile("script", "");
  const SourceFile *source = sources_.position(where.begin).file;
  size_t index = 0;
  while (index + 1 < files_.size() && &sources_.file(index) != source)
    ++index;
  if (!files_[index]) {
    const SourceFile &found = sources_.file(index);
    files_[index] = builder_.createFile(found.name, "", std::nullopt, llvm::StringRef(found.text));
  }
  return files_[index];
}

unsigned DebugInfo::line(Location where) const { return sources_.size() ? sources_.position(where.begin).line : 1; }

void DebugInfo::describe_function(llvm::Function &function, Location where, bool is_program) {
  llvm::SmallVector<llvm::Metadata *, 5> signature;
  // A program returns int; a callback's result is 64 bits wide.
  signature.push_back(
      builder_.createBasicType(is_program ? "int" : "long", is_program ? 32 : 64, llvm::dwarf::DW_ATE_signed));
  // What a program's context holds is the provider's business, not BTF's: it is declared as (void).
  for (size_t i = 0; i < function.arg_size() && !is_program; ++i)
    signature.push_back(pointer_to(nullptr));
  auto *type = builder_.createSubroutineType(builder_.getOrCreateTypeArray(signature));
  auto flags = llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized;
  if (!is_program)
    flags |= llvm::DISubprogram::SPFlagLocalToUnit;
  auto *program = builder_.createFunction(file(where), function.getName(), {}, file(where), line(where), type,
                                          line(where), llvm::DINode::FlagPrototyped, flags);
  for (llvm::Argument &argument : function.args()) {
    if (is_program)
      break;
    builder_.createParameterVariable(program, argument.getName(), argument.getArgNo() + 1, file(where), line(where),
                                     pointer_to(nullptr), /*AlwaysPreserve=*/true);
  }
  function.setSubprogram(program);
}

void DebugInfo::describe_kernel_function(llvm::Function &function) {
  llvm::SmallVector<llvm::Metadata *, 2> signature;
  signature.push_back(type(Type::boolean()));
  for (size_t i = 0; i < function.arg_size(); ++i)
    signature.push_back(pointer_to(nullptr));
  auto *type = builder_.createSubroutineType(builder_.getOrCreateTypeArray(signature));
  function.setSubprogram(builder_.createFunction(unit_->getFile(), function.getName(), {}, unit_->getFile(), 0, type, 0,
                                                 llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagZero));
}

llvm::DebugLoc DebugInfo::location(Location where, llvm::Function &function) {
  if (!sources_.size())
    return llvm::DILocation::get(module_.getContext(), 1, 1, function.getSubprogram());
  Position position = sources_.position(where.begin);
  llvm::DIScope *scope = function.getSubprogram();
  if (scope->getFile() != file(where))
    scope = builder_.createLexicalBlockFile(scope, file(where));
  return llvm::DILocation::get(module_.getContext(), position.line, position.column, scope);
}

void DebugInfo::describe_map(llvm::GlobalVariable &map, const MapDescription &description) {
  llvm::SmallVector<llvm::Metadata *, 5> fields;
  auto add = [&](llvm::StringRef name, llvm::DIType *pointee) {
    fields.push_back(member(name, pointer_to(pointee), 8, fields.size() * 8));
  };
  auto *number = builder_.createBasicType("int", 32, llvm::dwarf::DW_ATE_signed);
  add("type", array_of(number, description.bpf_type, 4));
  add("max_entries", array_of(number, description.max_entries, 4));
  if (description.flags)
    add("map_flags", array_of(number, description.flags, 4));
  if (description.key)
    add("key", description.key);
  if (description.value)
    add("value", description.value);
  describe_variable(map, structure_of("", fields.size() * 8, fields));
}

void DebugInfo::describe_variable(llvm::GlobalVariable &variable, llvm::DIType *type) {
  variable.addDebugInfo(builder_.createGlobalVariableExpression(unit_, variable.getName(), {}, unit_->getFile(), 0,
                                                                type,
                                                                /*IsLocalToUnit=*/false));
}

llvm::DIType *DebugInfo::unsigned_integer(uint32_t bits) {
  const char *name = bits == 8    ? "unsigned char"
                     : bits == 16 ? "unsigned short"
                     : bits == 32 ? "unsigned int"
                                  : "unsigned long long";
  return builder_.createBasicType(name, bits, llvm::dwarf::DW_ATE_unsigned);
}

llvm::DIType *DebugInfo::bytes(uint32_t size) { return array_of(unsigned_integer(8), size, 1); }

llvm::DIType *DebugInfo::scalar_slot(const image::MapSpec &map) {
  llvm::Metadata *fields[] = {member("value", type(map.value), map.value.size, 0),
                              member("is_set", unsigned_integer(64), 8, map.set_word_offset())};
  return structure_of("", map.stored_size(), fields);
}

llvm::DIType *DebugInfo::type(const Type &type) {
  switch (type.kind) {
  case TypeKind::Bool: return builder_.createBasicType("bool", 8, llvm::dwarf::DW_ATE_boolean);
  case TypeKind::Integer:
  case TypeKind::Enum:
  case TypeKind::Sum: {
    if (!type.is_signed)
      return unsigned_integer(type.size * 8);
    const char *name = type.size == 1 ? "signed char" : type.size == 2 ? "short" : type.size == 4 ? "int" : "long long";
    return builder_.createBasicType(name, type.size * 8, llvm::dwarf::DW_ATE_signed);
  }
  case TypeKind::String:
    return array_of(builder_.createBasicType("char", 8, llvm::dwarf::DW_ATE_signed_char), type.size, 1);
  case TypeKind::Array: return array_of(this->type(*type.element), type.count, type.element->size);
  case TypeKind::Struct:
  case TypeKind::Tuple:
    if (!type.layout || type.layout->is_union || has_bitfields(*type.layout) || type.layout->fields.empty())
      return bytes(type.size);
    return structure(type.name, *type.layout);
  case TypeKind::Min:
  case TypeKind::Max: return members("value", type.is_signed, "is_set");
  case TypeKind::Avg:
  case TypeKind::Stats: return members("total", type.is_signed, "count");
  case TypeKind::UserSymbol: return members("address", false, "pid");
  case TypeKind::Hist:
  case TypeKind::Lhist:
  case TypeKind::Series: return array_of(unsigned_integer(64), type.size / 8, 8);
  case TypeKind::Pointer:
  case TypeKind::Count:
  case TypeKind::Timestamp:
  case TypeKind::KernelSymbol:
  case TypeKind::ProbeName:
  case TypeKind::KernelStack:
  case TypeKind::UserStack:
  case TypeKind::ErrorName:
  case TypeKind::SignalName:
  case TypeKind::SyscallName:
  case TypeKind::UserName:
  case TypeKind::CgroupPath: return unsigned_integer(64);
  case TypeKind::Inet:
  case TypeKind::MacAddress:
  case TypeKind::None:
  case TypeKind::Buffer: return bytes(type.size);
  }
  return bytes(type.size);
}

llvm::DIType *DebugInfo::pointer_to(llvm::DIType *type) { return builder_.createPointerType(type, kPointerBits); }

llvm::DIType *DebugInfo::array_of(llvm::DIType *element, uint64_t count, uint64_t element_size) {
  llvm::Metadata *range = builder_.getOrCreateSubrange(0, static_cast<int64_t>(count));
  return builder_.createArrayType(count * element_size * 8, 0, element, builder_.getOrCreateArray(range));
}

llvm::DIType *DebugInfo::member(llvm::StringRef name, llvm::DIType *type, uint64_t size, uint64_t offset) {
  return builder_.createMemberType(unit_, name, unit_->getFile(), 0, size * 8, 0, offset * 8, llvm::DINode::FlagZero,
                                   type);
}

llvm::DICompositeType *DebugInfo::structure_of(const std::string &name, uint64_t size,
                                               std::span<llvm::Metadata *const> members) {
  llvm::ArrayRef<llvm::Metadata *> elements(members.data(), members.size());
  return builder_.createStructType(unit_, name, unit_->getFile(), 0, size * 8, 0, llvm::DINode::FlagZero, nullptr,
                                   builder_.getOrCreateArray(elements));
}

// Types that are alike would become one: each stands at a line of its own.
llvm::DICompositeType *DebugInfo::open_kernel_type(const std::string &name, uint32_t size, bool is_union) {
  ++kernel_types_;
  if (is_union)
    return builder_.createUnionType(unit_, name, unit_->getFile(), kernel_types_, size * 8, 0, llvm::DINode::FlagZero,
                                    {});
  return builder_.createStructType(unit_, name, unit_->getFile(), kernel_types_, size * 8, 0, llvm::DINode::FlagZero,
                                   nullptr, {});
}

void DebugInfo::close_kernel_type(llvm::DICompositeType *&type, std::span<const Field> fields,
                                  std::span<llvm::DIType *const> types) {
  llvm::SmallVector<llvm::Metadata *, 8> members;
  for (size_t i = 0; i < fields.size(); ++i) {
    const Field &field = fields[i];
    llvm::DIType *of_field = types[i] ? types[i] : kernel_field_type(field.type);
    if (!field.bit_width) {
      members.push_back(member(field.name, of_field, field.type.size, field.offset));
      continue;
    }
    uint64_t unit_bits = uint64_t{field.offset} * 8;
    members.push_back(builder_.createBitFieldMemberType(type, field.name, unit_->getFile(), 0, field.bit_width,
                                                        unit_bits + field.bit_offset, unit_bits,
                                                        llvm::DINode::FlagBitField, of_field));
  }
  builder_.replaceArrays(type, builder_.getOrCreateArray(members));
}

llvm::DIType *DebugInfo::kernel_enum(const std::string &name, uint32_t size) {
  llvm::Metadata *one = builder_.createEnumerator("one", 1);
  return builder_.createEnumerationType(unit_, name, unit_->getFile(), 0, size * 8, 0, builder_.getOrCreateArray(one),
                                        nullptr);
}

llvm::DIType *DebugInfo::named_kernel_type(const std::string &type) {
  size_t blank = type.find(' ');
  std::string tag = type.substr(0, blank), name = type.substr(blank + 1);
  return tag == "enum" ? kernel_enum(name, 4) : open_kernel_type(name, 1, tag == "union");
}

llvm::DIType *DebugInfo::kernel_field_type(const Type &type) {
  switch (type.kind) {
  case TypeKind::Pointer: return pointer_to(nullptr);
  case TypeKind::Struct: return structure_of(type.name, type.size, {});
  case TypeKind::Array: return array_of(kernel_field_type(*type.element), type.count, type.element->size);
  case TypeKind::Enum: return kernel_enum(type.name, type.size);
  default: return this->type(type);
  }
}

llvm::DIType *DebugInfo::structure(const std::string &name, const StructLayout &layout) {
  llvm::SmallVector<llvm::Metadata *, 8> fields;
  for (const Field &field : layout.fields)
    fields.push_back(member(identifier(field.name), type(field.type), field.type.size, field.offset));
  return structure_of(name.empty() ? "" : identifier(name), layout.size, fields);
}

// The two halves of a 16-byte value that aggregations keep.
llvm::DIType *DebugInfo::members(const char *first, bool first_is_signed, const char *second) {
  llvm::DIType *first_type = type(first_is_signed ? Type::int64() : Type::uint64());
  llvm::Metadata *fields[] = {member(first, first_type, 8, 0), member(second, unsigned_integer(64), 8, 8)};
  return structure_of("", 16, fields);
}

}  // namespace sonde::codegen
