// Types as users read them.
#include <fmt/format.h>

#include "types/record.h"
#include "types/stack.h"
#include "types/type.h"

namespace sonde {
namespace {

std::string signed_prefix(const Type &type, const char *name) {
  return (type.is_signed ? "" : "u") + std::string(name);
}

std::string tagged(const char *tag, const std::string &name) { return name.empty() ? tag : tag + (" " + name); }

std::string tuple_text(const Type &type) {
  std::string text = "(";
  if (type.layout)
    for (const Field &field : type.layout->fields)
      text += (text.size() > 1 ? "," : "") + (is_record(type) ? field.name + "=" : "") + to_string(field.type);
  return text + ")";
}

std::string pointer_text(const Type &type) {
  return (!type.element || type.element->is_none() ? "void" : to_string(*type.element)) + " *";
}

// As a script asks for it: "kstack(perf,3)".
std::string stack_text(const char *builtin, const Type &type) {
  return fmt::format("{}({},{})", builtin, stack_mode_name(type.stack_mode), type.count);
}

}  // namespace

std::string to_string(const Type &type) {
  switch (type.kind) {
  case TypeKind::None: return "none";
  case TypeKind::Bool: return "bool";
  case TypeKind::Integer: return signed_prefix(type, "int") + std::to_string(type.size * 8);
  case TypeKind::String: return fmt::format("string[{}]", type.size);
  case TypeKind::Buffer: return fmt::format("buffer[{}]", type.size);
  case TypeKind::Pointer: return pointer_text(type);
  case TypeKind::Array: return fmt::format("{}[{}]", type.element ? to_string(*type.element) : "void", type.count);
  case TypeKind::Struct: return tagged(type.layout && type.layout->is_union ? "union" : "struct", type.name);
  case TypeKind::Tuple: return tuple_text(type);
  case TypeKind::Enum: return tagged("enum", type.name);
  case TypeKind::Count: return "count_t";
  case TypeKind::Sum: return signed_prefix(type, "sum_t");
  case TypeKind::Min: return signed_prefix(type, "min_t");
  case TypeKind::Max: return signed_prefix(type, "max_t");
  case TypeKind::Avg: return signed_prefix(type, "avg_t");
  case TypeKind::Stats: return signed_prefix(type, "stats_t");
  case TypeKind::Hist: return "hist_t";
  case TypeKind::Lhist: return "lhist_t";
  case TypeKind::Series: return signed_prefix(type, "tseries_t");
  case TypeKind::Timestamp: return "timestamp";
  case TypeKind::KernelSymbol: return "ksym_t";
  case TypeKind::UserSymbol: return "usym_t";
  case TypeKind::ProbeName: return "probe";
  case TypeKind::ErrorName: return "strerror";
  case TypeKind::SignalName: return "signal_name";
  case TypeKind::SyscallName: return "syscall_name";
  case TypeKind::UserName: return "username";
  case TypeKind::CgroupPath: return "cgroup_path";
  case TypeKind::Inet: return "inet";
  case TypeKind::MacAddress: return "mac_address";
  case TypeKind::KernelStack: return stack_text("kstack", type);
  case TypeKind::UserStack: return stack_text("ustack", type);
  }
  return "none";
}

std::string kind_name(const Type &type) {
  switch (type.kind) {
  case TypeKind::Integer: return "int";
  case TypeKind::String: return "string";
  case TypeKind::Buffer: return "buffer";
  case TypeKind::Pointer: return "pointer";
  case TypeKind::Array: return "array";
  case TypeKind::Struct: return type.layout && type.layout->is_union ? "union" : "struct";
  case TypeKind::Tuple: return is_record(type) ? "record" : "tuple";
  case TypeKind::Enum: return "enum";
  case TypeKind::KernelStack: return "kstack";
  case TypeKind::UserStack: return "ustack";
  default: return to_string(type);
  }
}

}  // namespace sonde
