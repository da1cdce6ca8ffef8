// The run half that all providers share: links that detach when they go, and refusals in words.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "probes/provider.h"

struct bpf_link;

namespace sonde::probes {

using Attachments = std::vector<std::unique_ptr<Attachment>>;

void append(Attachments &all, Attachments more);

// Takes ownership of a libbpf link.
Attachments own_link(bpf_link *link);
// The same of one that libbpf did not make.
Attachments own_descriptor(int fd);

// Attaches target by target. The first refusal ends it, except where refusals are gathered.
using AttachTarget = std::function<Result<Attachments>(const image::Target &)>;
Result<Attachments> attach_each(std::span<const image::Target> targets, const AttachTarget &attach_target,
                                const AttachOptions &options);

// Makes one link for all of some targets.
using AttachGroup = std::function<Result<Attachments>(std::span<const image::Target *const>)>;

// Attaches all targets by as few calls of `attach_group` as can be. The kernel refuses a group as a whole
// and does not say for whose sake, so a refused group is halved until the target is found: the error names
// it or, where refusals are gathered, the others get attached.
Result<Attachments> attach_in_groups(std::span<const image::Target *const> targets, const AttachGroup &attach_group,
                                     const AttachOptions &options);

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
