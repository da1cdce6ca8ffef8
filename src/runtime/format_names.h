// Names of numbers, for format_value.cpp.
#pragma once

#include <cstdint>
#include <string>

namespace sonde::runtime {

// "GFP_KERNEL|__GFP_ZERO"; bits without a name in hexadecimal.
void append_gfp_names(std::string &out, uint64_t flags);
void append_error_name(std::string &out, int64_t number);
void append_signal_name(std::string &out, int64_t number);
void append_syscall_name(std::string &out, int64_t number);
void append_user_name(std::string &out, int64_t uid);
// { u32 family, 16 bytes }; nothing for families other than IPv4 and IPv6.
void append_inet(std::string &out, const uint8_t *bytes);
void append_mac_address(std::string &out, const uint8_t *bytes);
// "unified:/user.slice,cpu:/": where a cgroup is, in the hierarchies whose names match the filter (all when empty).
void append_cgroup_paths(std::string &out, uint64_t id, const std::string &filter);

}  // namespace sonde::runtime
