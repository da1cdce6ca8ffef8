// The kernels that programs are built for when they leave this machine: any from a version on.
//
// Their version and features are those that every such kernel has. Names and types are this machine's, as examples of
// theirs: what a program takes from them is looked up again where it is loaded (image::KernelUse, image::AttachPoint).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/kernel.h"

namespace sonde::kernel {

// Older ones lack the ring buffer (5.8) or are not tested.
inline constexpr KernelVersion kOldestTarget{5, 10, 0};

// "5.15" or "5.15.3"; nothing when it is no version.
std::optional<KernelVersion> parse_version(std::string_view text);

// `here` must outlive it.
std::unique_ptr<Kernel> kernels_from(KernelVersion oldest, Kernel &here);

struct Target {
  std::optional<KernelVersion> oldest = kOldestTarget;  // nothing: as in kernels_like
  Arch arch = native_arch();
  std::string types;  // a file of BTF that describes the kernel in place of this machine's; empty for none
};
Result<std::unique_ptr<Kernel>> open_target(const Target &target, Kernel &here);
// The same with the version and the features of this machine's.
std::unique_ptr<Kernel> kernels_like(Kernel &here);

}  // namespace sonde::kernel
