// Links that stay when nobody holds them: by a file in the kernel's file system for BPF objects.
#pragma once

#include <string>
#include <string_view>

#include "probes/links.h"

namespace sonde::probes {

// Where a pin of that name is: names that do not begin with a slash are below /sys/fs/bpf.
std::string pin_path(std::string_view name);

// Takes the link, which lives on in the file `path` and needs nobody any more. An Error says what keeps the
// kernel from making that file for `target`.
Result<Attachments> pin_link(bpf_link *link, const std::string &target, const std::string &path);

}  // namespace sonde::probes
