// Resolves written types: those of the script's C, integers by table, the kernel's.
#include "sema/type_names.h"

#include <array>
#include <string_view>

#include "base/text.h"

namespace sonde::sema {
namespace {

struct IntegerName {
  std::string_view name;
  uint32_t bits;
  bool is_signed;
};
// The language's names, then those of C and the kernel that casts in real scripts use.
constexpr std::array kIntegerNames{
    IntegerName{"uint8", 8, false},
    IntegerName{"uint16", 16, false},
    IntegerName{"uint32", 32, false},
    IntegerName{"uint64", 64, false},
    IntegerName{"int8", 8, true},
    IntegerName{"int16", 16, true},
    IntegerName{"int32", 32, true},
    IntegerName{"int64", 64, true},
    IntegerName{"char", 8, true},
    IntegerName{"short", 16, true},
    IntegerName{"int", 32, true},
    IntegerName{"long", 64, true},
    IntegerName{"unsigned char", 8, false},
    IntegerName{"unsigned short", 16, false},
    IntegerName{"unsigned int", 32, false},
    IntegerName{"unsigned long", 64, false},
    IntegerName{"unsigned", 32, false},
    IntegerName{"size_t", 64, false},
    IntegerName{"ssize_t", 64, true},
    IntegerName{"pid_t", 32, true},
    IntegerName{"u8", 8, false},
    IntegerName{"u16", 16, false},
    IntegerName{"u32", 32, false},
    IntegerName{"u64", 64, false},
    IntegerName{"s8", 8, true},
    IntegerName{"s16", 16, true},
    IntegerName{"s32", 32, true},
    IntegerName{"s64", 64, true},
    IntegerName{"uint8_t", 8, false},
    IntegerName{"uint16_t", 16, false},
    IntegerName{"uint32_t", 32, false},
    IntegerName{"uint64_t", 64, false},
    IntegerName{"int8_t", 8, true},
    IntegerName{"int16_t", 16, true},
    IntegerName{"int32_t", 32, true},
    IntegerName{"int64_t", 64, true},
};

std::optional<Type> integer_type(std::string_view name) {
  for (const IntegerName &row : kIntegerNames)
    if (row.name == name)
      return Type::integer(row.bits, row.is_signed);
  return std::nullopt;
}

std::vector<std::string> integer_names() {
  std::vector<std::string> names{"bool", "string"};
  for (const IntegerName &row : kIntegerNames)
    names.emplace_back(row.name);
  return names;
}

constexpr uint64_t kMaxWrittenSize = 1 << 20;  // of arrays and strings in a script

}  // namespace

Type TypeNames::resolve(const ast::TypeName &name, AddressSpace space, uint32_t string_size) {
  Type type = base_type(name, string_size);
  bool is_void = name.name == "void" && name.tag.empty() && name.pointer_depth > 0;
  if (type.is_none() && !is_void)
    return type;
  return derive(std::move(type), name, space);
}

Type TypeNames::derive(Type type, const ast::TypeName &name, AddressSpace space) {
  for (uint32_t depth = 0; depth < name.pointer_depth; ++depth)
    type = Type::pointer(std::move(type), space);
  bool sized_string = name.name == "string" && name.tag.empty();
  for (size_t i = sized_string ? name.dimensions.size() : 0; i < name.dimensions.size(); ++i) {
    uint64_t count = name.dimensions[name.dimensions.size() - 1 - i];
    if (count == 0 || count * type.size > kMaxWrittenSize || count > kMaxWrittenSize) {
      reporter_.error(name.where, fmt::format("an array of {} elements is not possible here", count));
      return Type::none();
    }
    type = Type::array(std::move(type), static_cast<uint32_t>(count));
  }
  return type;
}

Type TypeNames::base_type(const ast::TypeName &name, uint32_t string_size) {
  const Type *in_script = source_.in_script(name.tag.empty() ? name.name : name.tag + " " + name.name);
  if (in_script && (in_script->kind != TypeKind::Struct || in_script->layout))
    return *in_script;
  if (!name.tag.empty())
    return defined_type(name.name, name.where);
  if (name.name == "bool")
    return Type::boolean();
  if (name.name == "void" && name.pointer_depth > 0)
    return Type::none();
  if (name.name == "string" && name.dimensions.size() <= 1) {
    uint64_t size = name.dimensions.empty() ? string_size : name.dimensions.front();
    if (size > 0 && size <= kMaxWrittenSize)
      return Type::string(static_cast<uint32_t>(size));
    reporter_.error(name.where, fmt::format("a string of {} bytes is not possible", size));
    return Type::none();
  }
  if (auto integer = integer_type(name.name))
    return *integer;
  return defined_type(name.name, name.where);
}

Type TypeNames::defined_type(const std::string &name, Location where) {
  Result<std::optional<Type>> found = source_.type(name);
  if (!found.ok()) {
    const Error &error = found.error();
    reporter_.error(where, fmt::format("the type '{}' cannot be looked up: {}", name, error.cause))
        .with_hint(error.hint);
    return Type::none();
  }
  if (found.value())
    return *found.value();
  reporter_.error(where, fmt::format("Unknown type: '{}'", name)).with_hint(did_you_mean(name, integer_names()));
  return Type::none();
}

Type TypeNames::complete(const Type &type, Location where) {
  if (type.kind != TypeKind::Struct || type.layout)
    return type;
  if (type.name.empty()) {
    reporter_.error(where, "the fields of this anonymous struct are not known");
    return Type::none();
  }
  Type whole = defined_type(type.name, where);
  if (whole.kind == TypeKind::Struct && !whole.layout) {
    reporter_.error(where, fmt::format("the kernel does not say what is in '{}'", to_string(type)));
    return Type::none();
  }
  whole.space = type.space;
  return whole;
}

}  // namespace sonde::sema
