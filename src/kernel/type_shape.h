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

// How a struct's bytes lie, with the structs inside it: a short text without meaning of its own. Nothing when the
// kernel has no such type.
std::optional<std::string> layout_of(const std::string &type, Kernel &kernel);

// The field at the end of a way of member names ("signal", "u.first"), from a struct or union that the kernel names;
// with the offsets of all steps added up. Nothing when there is none.
std::optional<Field> find_field(const std::string &type, const std::string &way, Kernel &kernel);

}  // namespace sonde::kernel
