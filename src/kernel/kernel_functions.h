// The lists of kernel functions and symbols: available_filter_functions and /proc/kallsyms.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel.h"

namespace sonde::kernel {

// What these return points into `text`.

// Lines "name" or "name [module]".
std::vector<KernelFunction> parse_filter_functions(std::string_view text);

// The text symbols of kallsyms ("address t name" or "… name\t[module]") that can carry a probe: without those in
// `blacklist` and without the compiler's cold parts and padding.
std::vector<KernelFunction> parse_kallsyms_functions(std::string_view text,
                                                     const std::set<std::string_view> &blacklist);

// The names in kprobes/blacklist ("0xstart-0xend\tname"); they point into `text`.
std::set<std::string_view> parse_blacklist(std::string_view text);

// The address of the first symbol of that name, of any kind; nothing when absent or hidden (zero).
std::optional<uint64_t> find_kallsyms_address(std::string_view text, std::string_view name);

// The distance of the next symbol from the text symbol of that name, the largest if there are several. `module` is
// "vmlinux", a module's name or empty for any. Nothing when absent or hidden.
std::optional<uint64_t> find_kallsyms_size(std::string_view text, std::string_view module, std::string_view name);

// Sorted by name, then module, without repeats.
void sort_functions(std::vector<KernelFunction> &functions);

}  // namespace sonde::kernel
