// The run half that all providers share: links that detach when they go, and refusals in words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "probes/provider.h"

struct bpf_link;

namespace sonde::probes {

using Attachments = std::vector<std::unique_ptr<Attachment>>;

// Takes ownership of a libbpf link.
std::unique_ptr<Attachment> own_link(bpf_link *link);

// What one errno means when a provider attaches.
struct Refusal {
  int error_number;
  std::string_view cause;
  std::string_view hint;
};

// "could not attach to TARGET: …": the provider's own reading of the errno if it is in `refusals`, else
// what it means for every provider (permission, descriptors, memory), else the system's words.
Error attach_error(const std::string &target, int error_number, std::initializer_list<Refusal> refusals = {});

}  // namespace sonde::probes
