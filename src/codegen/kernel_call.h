// Calls of functions of the kernel at hand by their number in its BTF. libbpf would look them up by name, for which it
// parses all of the kernel's types; LLVM knows no such call, so that the object is put right behind it.
#pragma once

#include <cstdint>
#include <vector>

#include "codegen/helpers.h"

namespace sonde::codegen {

// As the program calls it until the object is put right: no helper has such a number.
constexpr uint32_t kKernelCalls = 1U << 30;
constexpr Helper kernel_call(uint32_t function_id) { return static_cast<Helper>(kKernelCalls + function_id); }

// Makes calls of the kernel's functions of those "helpers" in the code of an ELF object.
void put_kernel_calls_right(std::vector<uint8_t> &object);

}  // namespace sonde::codegen
