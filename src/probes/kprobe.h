// What kinds of attaching kprobes share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "probes/provider.h"

namespace sonde::probes {

// What the kernel's refusals mean for a kernel function.
Error refused_kprobe(const std::string &target, int error_number, kernel::Kernel &kernel);

// A spec's module is not there; nothing when it is, or is a pattern.
std::optional<Error> missing_module(const std::string &whole, std::string_view module, kernel::Kernel &kernel);

// Whether one link can serve all of these targets.
bool can_share_kprobe_link(std::span<const image::Target> targets);

}  // namespace sonde::probes
