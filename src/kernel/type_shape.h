// What programs rely on in a kernel's types, as texts that are equal where one kernel's will do for another's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "types/type.h"

namespace sonde::kernel {

// What a field is, wherever it lies: "uint32", "int8[16]", "struct mm_struct *", "3 bits of uint8".
std::string shape_of(const Field &field);
// The record of a tracepoint among the kernel's types, and a field of it: as the kernel names them there, where events
// do not share their records.
std::string record_type(const std::string &event);
Field record_member(Field field);

// C in a script may describe the kernel's struct T by the fields that it had in some kernel, as struct T___SUFFIX: a
// flavour of T, in libbpf's words and by its rule. The part before the suffix; names without one as they are.
std::string_view without_flavour(std::string_view name);

// How a struct's bytes lie, with the structs inside it: a short text without meaning of its own. Nothing when the
// kernel has no such type.
std::optional<std::string> layout_of(const std::string &type, Kernel &kernel);

// The fields along a way of member names ("signal", "u.first"), from a struct or union that the kernel names. Nothing
// when there is no such way.
std::optional<std::vector<Field>> find_way(const std::string &type, const std::string &way, Kernel &kernel);
// The last of them, with the offsets of all added up.
std::optional<Field> find_field(const std::string &type, const std::string &way, Kernel &kernel);
// "struct NAME", "union NAME", "enum NAME" or "typedef NAME", of that kind.
bool has_type(const std::string &type, Kernel &kernel);
// By its types or by its symbols.
bool has_function(const std::string &name, Kernel &kernel);

}  // namespace sonde::kernel
