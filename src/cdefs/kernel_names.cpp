// Reads type names out of Clang's messages and answers them: integers from a table, the rest from BTF.
#include "cdefs/kernel_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace sonde::cdefs {
namespace {

constexpr int kMaxDepth = 16;

// Names that kernel code and its examples take for granted.
constexpr std::array<std::pair<std::string_view, std::string_view>, 38> kIntegers = {{
    {"u8", "unsigned char"},
    {"u16", "unsigned short"},
    {"u32", "unsigned int"},
    {"u64", "unsigned long long"},
    {"s8", "signed char"},
    {"s16", "short"},
    {"s32", "int"},
    {"s64", "long long"},
    {"__u8", "unsigned char"},
    {"__u16", "unsigned short"},
    {"__u32", "unsigned int"},
    {"__u64", "unsigned long long"},
    {"__s8", "signed char"},
    {"__s16", "short"},
    {"__s32", "int"},
    {"__s64", "long long"},
    {"__le16", "unsigned short"},
    {"__le32", "unsigned int"},
    {"__le64", "unsigned long long"},
    {"__be16", "unsigned short"},
    {"__be32", "unsigned int"},
    {"__be64", "unsigned long long"},
    {"uint8_t", "unsigned char"},
    {"uint16_t", "unsigned short"},
    {"uint32_t", "unsigned int"},
    {"uint64_t", "unsigned long"},
    {"int8_t", "signed char"},
    {"int16_t", "short"},
    {"int32_t", "int"},
    {"int64_t", "long"},
    {"size_t", "unsigned long"},
    {"ssize_t", "long"},
    {"uintptr_t", "unsigned long"},
    {"bool", "_Bool"},
    {"pid_t", "int"},
    {"uid_t", "unsigned int"},
    {"gid_t", "unsigned int"},
    {"loff_t", "long long"},
}};

std::string_view integer_spelling(uint32_t size, bool is_signed) {
  switch (size) {
  case 1: return is_signed ? "signed char" : "unsigned char";
  case 2: return is_signed ? "short" : "unsigned short";
  case 4: return is_signed ? "int" : "unsigned int";
  default: return is_signed ? "long long" : "unsigned long long";
  }
}

std::string identifier_at(std::string_view text) {
  auto end = std::find_if(text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c) && c != '_'; });
  return {text.begin(), end};
}

// "unknown type name 'u64'" → "u64"
std::optional<std::string> unknown_name(std::string_view message) {
  constexpr std::string_view kUnknown = "unknown type name '";
  size_t at = message.find(kUnknown);
  if (at == std::string_view::npos)
    return std::nullopt;
  return identifier_at(message.substr(at + kUnknown.size()));
}

// "field has incomplete type 'const struct path[2]'" → "struct path"
std::optional<std::string> incomplete_tag(std::string_view message) {
  size_t at = message.find("incomplete");
  if (at == std::string_view::npos)
    return std::nullopt;
  for (std::string_view tag : {"struct ", "union ", "enum "})
    if (size_t found = message.find(tag, message.find('\'')); found != std::string_view::npos)
      if (std::string name = identifier_at(message.substr(found + tag.size())); !name.empty())
        return std::string(tag) + name;
  return std::nullopt;
}

bool has_tag(std::string_view name) {
  return name.starts_with("struct ") || name.starts_with("union ") || name.starts_with("enum ");
}

std::string tagged(const Type &type) {
  if (type.kind == TypeKind::Enum)
    return "enum " + type.name;
  return (type.layout && type.layout->is_union ? "union " : "struct ") + type.name;
}

}  // namespace

bool KernelNames::learn(const std::vector<ClangError> &errors) {
  bool learned = false;
  for (const ClangError &error : errors)
    for (const auto &name : {unknown_name(error.message), incomplete_tag(error.message)})
      if (name && tried_.insert(*name).second && define(*name))
        learned = true;
  return learned;
}

const Type *KernelNames::find(const std::string &tag) const {
  auto found = stands_for_.find(tag);
  return found == stands_for_.end() ? nullptr : &found->second;
}

bool KernelNames::define(const std::string &name) {
  if (!has_tag(name))
    return define_typedef(name);
  auto type = ask(name);
  if (!type || type->size == 0)
    return false;
  if (type->kind == TypeKind::Enum)
    define_enum(name, *type);
  else if (type->kind == TypeKind::Struct)
    define_opaque(name, *type);
  return find(name) != nullptr;
}

bool KernelNames::define_typedef(const std::string &name) {
  for (const auto &[integer, spelling] : kIntegers)
    if (integer == name) {
      text_ += fmt::format("typedef {} {};\n", spelling, name);
      return true;
    }
  auto type = ask(name);
  if (!type)
    return false;
  if ((type->kind == TypeKind::Struct || type->kind == TypeKind::Enum) && type->name.empty()) {
    // typedef struct {…} atomic_t: the tag is ours.
    std::string tag = (type->kind == TypeKind::Enum ? "enum sonde_" : "struct sonde_") + name;
    type->kind == TypeKind::Enum ? define_enum(tag, *type) : define_opaque(tag, *type);
    text_ += fmt::format("typedef {} {};\n", tag, name);
    return true;
  }
  auto declaration = spell(*type, name, 0);
  if (declaration)
    text_ += fmt::format("typedef {};\n", *declaration);
  return declaration.has_value();
}

void KernelNames::define_opaque(const std::string &tag, const Type &type) {
  text_ += fmt::format("{} {{ _Alignas({}) char bytes[{}]; }};\n", tag, alignment_of(type, 0), type.size);
  Type named = type;
  if (!type.name.empty())
    named.layout = nullptr;
  stands_for_.insert_or_assign(tag, std::move(named));
}

// One enumerator of a value that makes Clang choose the kernel's size and sign.
void KernelNames::define_enum(const std::string &tag, const Type &type) {
  uint64_t most = type.size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (type.size * 8)) - 1;
  std::string value = type.is_signed ? fmt::format("(-{}ll - 1)", most / 2) : fmt::format("{}ull", most);
  std::string name = "sonde_value_of_" + tag.substr(tag.find(' ') + 1);
  text_ += fmt::format("{} {{ {} = {} }}{};\n", tag, name, value, type.size < 4 ? " __attribute__((packed))" : "");
  stands_for_.insert_or_assign(tag, type);
}

// A declaration of `declarator` with that type.
std::optional<std::string> KernelNames::spell(const Type &type, const std::string &declarator, int depth) {
  if (depth > kMaxDepth)
    return std::nullopt;
  switch (type.kind) {
  case TypeKind::None: return "void " + declarator;
  case TypeKind::Bool: return "_Bool " + declarator;
  case TypeKind::Integer:
  case TypeKind::Enum: return fmt::format("{} {}", integer_spelling(type.size, type.is_signed), declarator);
  case TypeKind::Struct: return type.name.empty() ? std::nullopt : std::optional(tagged(type) + " " + declarator);
  case TypeKind::Pointer:
    return type.element && !(type.element->kind == TypeKind::Struct && type.element->name.empty())
               ? spell(*type.element, "(*" + declarator + ")", depth + 1)
               : "void *" + declarator;
  case TypeKind::Array:
    return type.element ? spell(*type.element, fmt::format("({})[{}]", declarator, type.count), depth + 1)
                        : std::nullopt;
  default: return std::nullopt;
  }
}

// BTF does not say: as large as the most aligned field's, at most what the size allows.
uint32_t KernelNames::alignment_of(const Type &type, int depth) {
  if (depth > kMaxDepth)
    return 1;
  if (type.kind == TypeKind::Array && type.element)
    return alignment_of(*type.element, depth + 1);
  if (type.kind != TypeKind::Struct)
    return type.alignment();
  if (auto known = alignments_.find(type.name); !type.name.empty() && known != alignments_.end())
    return known->second;
  std::optional<Type> whole = type.layout ? std::optional(type) : ask("struct " + type.name);
  if (!whole)
    whole = ask("union " + type.name);
  uint32_t alignment = 1;
  if (whole && whole->layout)
    for (const Field &field : whole->layout->fields)
      if (alignment < 8)
        alignment = std::max(alignment, alignment_of(field.type, depth + 1));
  while (alignment > 1 && whole->size % alignment != 0)
    alignment /= 2;
  if (!type.name.empty())
    alignments_[type.name] = alignment;
  return alignment;
}

}  // namespace sonde::cdefs
