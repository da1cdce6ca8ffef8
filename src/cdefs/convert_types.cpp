// Walks the declarations of a unit. A struct is laid out once and shared by all that hold it.
#include "cdefs/convert_types.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_map>

#include "cdefs/clang_arguments.h"
#include "cdefs/place_bitfield.h"

namespace sonde::cdefs {
namespace {

// Deeper than any C type that means something.
constexpr int kMaxDepth = 32;

class Converter {
public:
  Converter(const TranslationUnit &unit, const KernelNames &kernel_names, Definitions &definitions)
      : clang_(unit.clang()), unit_(unit), kernel_names_(kernel_names), definitions_(definitions) {}

  void visit(CXCursor parent);

private:
  void declare(CXCursor cursor);
  void declare_record(CXCursor cursor);
  void declare_enum(CXCursor cursor);
  void declare_typedef(CXCursor cursor);

  Type convert(CXType type, int depth);
  Type convert_pointee(CXType type, int depth);
  Type convert_record(CXCursor record, int depth);
  Type convert_enum(CXCursor cursor);
  Type convert_array(CXType type, int depth);
  std::shared_ptr<const StructLayout> lay_out(CXCursor record, const std::string &name, int depth);
  std::optional<Field> convert_field(CXCursor cursor, uint32_t struct_size, int depth);

  std::string name_of(CXCursor declaration) const;
  std::string tag_of(CXCursor declaration) const;
  const Type *stood_in(CXCursor declaration) const;
  uint32_t size_of(CXType type) const;
  CXCursor definition_of(CXCursor declaration) const;

  struct Hash {
    const Libclang *clang;
    size_t operator()(CXCursor cursor) const { return clang->hashCursor(cursor); }
  };
  struct Same {
    const Libclang *clang;
    bool operator()(CXCursor a, CXCursor b) const { return clang->equalCursors(a, b) != 0; }
  };
  template <typename Value> using ByCursor = std::unordered_map<CXCursor, Value, Hash, Same>;

  const Libclang &clang_;
  const TranslationUnit &unit_;
  const KernelNames &kernel_names_;
  Definitions &definitions_;
  ByCursor<Type> records_{64, Hash{&clang_}, Same{&clang_}};
  ByCursor<std::string> typedef_names_{64, Hash{&clang_}, Same{&clang_}};  // of structs and enums without a tag
};

bool is_record(CXCursorKind kind) { return kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl; }

void Converter::visit(CXCursor parent) {
  clang_.visitChildren(
      parent,
      [](CXCursor cursor, CXCursor, CXClientData data) {
        static_cast<Converter *>(data)->declare(cursor);
        return CXChildVisit_Continue;
      },
      this);
}

void Converter::declare(CXCursor cursor) {
  CXCursorKind kind = clang_.getCursorKind(cursor);
  if (is_record(kind) && clang_.isCursorDefinition(cursor))
    declare_record(cursor);
  else if (kind == CXCursor_EnumDecl && clang_.isCursorDefinition(cursor))
    declare_enum(cursor);
  else if (kind == CXCursor_TypedefDecl)
    declare_typedef(cursor);
}

void Converter::declare_record(CXCursor cursor) {
  if (unit_.file_of(cursor) == kKernelNamesFile)
    return;
  // In C, tags within a struct are visible outside it.
  visit(cursor);
  if (!name_of(cursor).empty())
    definitions_.types.insert_or_assign(tag_of(cursor), convert_record(cursor, 0));
}

void Converter::declare_enum(CXCursor cursor) {
  if (unit_.file_of(cursor) == kKernelNamesFile)
    return;
  Type type = convert_enum(cursor);
  std::string name = type.name.empty() ? "" : tag_of(cursor);
  for (const Enumerator &enumerator : *type.enumerators)
    definitions_.enumerators.insert_or_assign(enumerator.name, EnumConstant{enumerator.value, name});
  if (!name.empty())
    definitions_.types.insert_or_assign(name, std::move(type));
}

void Converter::declare_typedef(CXCursor cursor) {
  if (unit_.file_of(cursor) == kKernelNamesFile &&
      !stood_in(clang_.getTypeDeclaration(clang_.getCanonicalType(clang_.getTypedefDeclUnderlyingType(cursor)))))
    return;
  std::string name = clang_.take(clang_.getCursorSpelling(cursor));
  CXType type = clang_.getCanonicalType(clang_.getTypedefDeclUnderlyingType(cursor));
  if (type.kind == CXType_Record || type.kind == CXType_Enum) {
    CXCursor declaration = definition_of(clang_.getTypeDeclaration(type));
    if (name_of(declaration).empty())
      typedef_names_.emplace(declaration, name);
  }
  Type converted = convert(type, 0);
  if (!converted.is_none())
    definitions_.types.insert_or_assign(name, std::move(converted));
}

// The tag, or the typedef's name where there is no tag; empty for anonymous members.
std::string Converter::name_of(CXCursor declaration) const {
  if (auto found = typedef_names_.find(declaration); found != typedef_names_.end())
    return found->second;
  if (clang_.Cursor_isAnonymous(declaration))
    return {};
  std::string name = clang_.take(clang_.getCursorSpelling(declaration));
  // Clang's words for what has no name: "struct (unnamed at …)".
  return name.find('(') == std::string::npos ? name : std::string();
}

std::string Converter::tag_of(CXCursor declaration) const {
  switch (clang_.getCursorKind(declaration)) {
  case CXCursor_UnionDecl: return "union " + name_of(declaration);
  case CXCursor_EnumDecl: return "enum " + name_of(declaration);
  default: return "struct " + name_of(declaration);
  }
}

// What the kernel has under a name that C only uses.
const Type *Converter::stood_in(CXCursor declaration) const {
  return unit_.file_of(declaration) == kKernelNamesFile ? kernel_names_.find(tag_of(declaration)) : nullptr;
}

uint32_t Converter::size_of(CXType type) const {
  long long size = clang_.Type_getSizeOf(type);
  return size < 0 || size > std::numeric_limits<uint32_t>::max() ? 0 : static_cast<uint32_t>(size);
}

// A declaration is what its definition is; without one, itself.
CXCursor Converter::definition_of(CXCursor declaration) const {
  CXCursor definition = clang_.getCursorDefinition(declaration);
  return clang_.Cursor_isNull(definition) ? declaration : definition;
}

Type Converter::convert(CXType any, int depth) {
  CXType type = clang_.getCanonicalType(any);
  if (depth > kMaxDepth)
    return Type::none();
  uint32_t size = size_of(type);
  switch (type.kind) {
  case CXType_Bool: return Type::boolean();
  case CXType_Char_U:
  case CXType_UChar:
  case CXType_Char16:
  case CXType_Char32:
  case CXType_UShort:
  case CXType_UInt:
  case CXType_ULong:
  case CXType_ULongLong: return Type::integer(size * 8, false);
  case CXType_Char_S:
  case CXType_SChar:
  case CXType_WChar:
  case CXType_Short:
  case CXType_Int:
  case CXType_Long:
  case CXType_LongLong: return Type::integer(size * 8, true);
  case CXType_Pointer:
    return Type::pointer(convert_pointee(clang_.getPointeeType(type), depth + 1), AddressSpace::None);
  case CXType_ConstantArray:
  case CXType_IncompleteArray: return convert_array(type, depth);
  case CXType_Record: return convert_record(clang_.getTypeDeclaration(type), depth);
  case CXType_Enum: return convert_enum(definition_of(clang_.getTypeDeclaration(type)));
  case CXType_Atomic: return convert(clang_.Type_getValueType(type), depth + 1);
  default:
    // Floats, vectors, __int128: bytes, as BTF's are read.
    return size ? Type::array(Type::integer(8, false), size) : Type::none();
  }
}

// Structs behind pointers are named only: recursive ones would never end.
Type Converter::convert_pointee(CXType any, int depth) {
  CXType type = clang_.getCanonicalType(any);
  if (type.kind == CXType_FunctionProto || type.kind == CXType_FunctionNoProto || type.kind == CXType_Void)
    return Type::none();
  if (type.kind != CXType_Record)
    return convert(type, depth);
  CXCursor declaration = definition_of(clang_.getTypeDeclaration(type));
  std::string name = name_of(declaration);
  if (name.empty() || stood_in(declaration))
    return convert_record(declaration, depth);
  Type named = Type::structure(std::move(name));
  named.size = size_of(type);
  return named;
}

Type Converter::convert_array(CXType type, int depth) {
  Type element = convert(clang_.getArrayElementType(type), depth + 1);
  long long count = std::max(clang_.getArraySize(type), 0LL);
  bool fits = element.size == 0 || count <= std::numeric_limits<uint32_t>::max() / element.size;
  return fits && count <= std::numeric_limits<uint32_t>::max()
             ? Type::array(std::move(element), static_cast<uint32_t>(count))
             : Type::none();
}

Type Converter::convert_record(CXCursor declaration, int depth) {
  CXCursor record = definition_of(declaration);
  if (auto known = records_.find(record); known != records_.end())
    return known->second;
  if (const Type *kernel = stood_in(record))
    return *kernel;
  std::string name = name_of(record);
  Type type = clang_.isCursorDefinition(record) ? Type::structure(name, lay_out(record, name, depth + 1))
                                                : Type::structure(name);
  // Cut short by depth is not what the next one to ask should get.
  if (depth < kMaxDepth)
    records_.emplace(record, type);
  return type;
}

std::shared_ptr<const StructLayout> Converter::lay_out(CXCursor record, const std::string &name, int depth) {
  auto layout = std::make_shared<StructLayout>();
  layout->name = name;
  layout->size = size_of(clang_.getCursorType(record));
  layout->is_union = clang_.getCursorKind(record) == CXCursor_UnionDecl;
  struct Visit {
    Converter *converter;
    StructLayout *layout;
    int depth;
  } visit{this, layout.get(), depth};
  clang_.Type_visitFields(
      clang_.getCursorType(record),
      [](CXCursor cursor, CXClientData data) {
        auto &[converter, into, at] = *static_cast<Visit *>(data);
        if (auto field = converter->convert_field(cursor, into->size, at))
          into->fields.push_back(std::move(*field));
        return CXVisit_Continue;
      },
      &visit);
  return layout;
}

std::optional<Field> Converter::convert_field(CXCursor cursor, uint32_t struct_size, int depth) {
  long long bits = clang_.Cursor_getOffsetOfField(cursor);
  if (bits < 0 || bits / 8 > std::numeric_limits<uint32_t>::max() / 8)
    return std::nullopt;
  Field field;
  field.name = clang_.take(clang_.getCursorSpelling(cursor));
  if (field.name.find('(') != std::string::npos)
    field.name.clear();
  field.type = convert(clang_.getCursorType(cursor), depth);
  field.offset = static_cast<uint32_t>(bits / 8);
  bool is_bitfield = clang_.Cursor_isBitField(cursor) != 0;
  if (field.name.empty() && (is_bitfield || field.type.kind != TypeKind::Struct))
    return std::nullopt;  // padding
  if (is_bitfield) {
    field.bit_width = static_cast<uint32_t>(std::max(clang_.getFieldDeclBitWidth(cursor), 0));
    if (!place_bitfield(field, static_cast<uint32_t>(bits), struct_size))
      field.type = Type::none();
  }
  return field;
}

Type Converter::convert_enum(CXCursor declaration) {
  if (const Type *kernel = stood_in(declaration))
    return *kernel;
  struct Visit {
    const Libclang *clang;
    std::vector<Enumerator> enumerators;
  } visit{&clang_, {}};
  clang_.visitChildren(
      declaration,
      [](CXCursor cursor, CXCursor, CXClientData data) {
        auto &[clang, enumerators] = *static_cast<Visit *>(data);
        if (clang->getCursorKind(cursor) == CXCursor_EnumConstantDecl)
          enumerators.push_back(
              {clang->take(clang->getCursorSpelling(cursor)), clang->getEnumConstantDeclValue(cursor)});
        return CXChildVisit_Continue;
      },
      &visit);
  Type integer = convert(clang_.getEnumDeclIntegerType(declaration), 0);
  uint32_t bits = integer.is_integer() ? integer.size * 8 : 32;
  return Type::enumeration(name_of(declaration), bits, integer.is_signed, std::move(visit.enumerators));
}

}  // namespace

void convert_types(const TranslationUnit &unit, const KernelNames &kernel_names, Definitions &definitions) {
  Converter(unit, kernel_names, definitions).visit(unit.root());
}

}  // namespace sonde::cdefs
