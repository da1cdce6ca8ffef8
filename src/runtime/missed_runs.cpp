// Sums what the kernel counts in two places: at the program, when it was about to run, and at the link, when the
// probe below it was hit and gave up.
#include "runtime/missed_runs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstddef>
#include <map>

namespace sonde::runtime {
namespace {

// The beginning of struct bpf_link_info as of Linux 6.7 (include/uapi/linux/bpf.h), which is newer than the headers
// that we are built with. An older kernel leaves the rest zero.
struct LinkInfo {
  uint32_t type = 0;
  uint32_t id = 0;
  uint32_t program = 0;
  uint32_t padding = 0;
  union {
    struct {
      uint64_t addresses;
      uint32_t count;
      uint32_t flags;
      uint64_t missed;
    } kprobe_multi;
    struct {
      uint32_t type;
      uint32_t padding;
      uint64_t name;
      uint32_t name_length;
      uint32_t offset;
      uint64_t address;
      uint64_t missed;
    } kprobe;
    uint64_t words[8] = {};
  };
};
static_assert(offsetof(LinkInfo, kprobe_multi.missed) == 32 && offsetof(LinkInfo, kprobe.missed) == 48);

constexpr uint32_t kPerfEventLink = 7, kKprobeMultiLink = 8;  // enum bpf_link_type
constexpr uint32_t kKprobeEvent = 3, kKretprobeEvent = 4;     // enum bpf_perf_event_type

uint64_t missed_of(const LinkInfo &info) {
  if (info.type == kKprobeMultiLink)
    return info.kprobe_multi.missed;
  bool is_kprobe = info.kprobe.type == kKprobeEvent || info.kprobe.type == kKretprobeEvent;
  return info.type == kPerfEventLink && is_kprobe ? info.kprobe.missed : 0;
}

// What all links of the system have missed, by the id of their program. That finds ours whoever made them.
std::map<uint32_t, uint64_t> missed_by_links() {
  std::map<uint32_t, uint64_t> missed;
  for (uint32_t id = 0; bpf_link_get_next_id(id, &id) == 0;) {
    int fd = bpf_link_get_fd_by_id(id);
    if (fd < 0)
      continue;
    LinkInfo info;
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
      missed[info.program] += missed_of(info);
    close(fd);
  }
  return missed;
}

bool has_links_that_count(const image::ProgramImage &image) {
  for (const image::ProgramSpec &spec : image.programs)
    switch (spec.provider) {
    case image::ProviderKind::Kprobe:
    case image::ProviderKind::Kretprobe:
    case image::ProviderKind::KprobeSession:
    case image::ProviderKind::Ksyscall:
    case image::ProviderKind::Kretsyscall: return true;
    default: break;
    }
  return false;
}

}  // namespace

std::vector<uint64_t> missed_runs(const image::ProgramImage &image, const LoadedObject &object) {
  std::map<uint32_t, uint64_t> by_links;
  if (has_links_that_count(image))
    by_links = missed_by_links();
  std::vector<uint64_t> missed;
  for (const image::ProgramSpec &spec : image.programs) {
    // That is the entry's program, and the kernel counts for both.
    if (spec.provider == image::ProviderKind::KretprobeSession) {
      missed.push_back(0);
      continue;
    }
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    bool is_known = bpf_obj_get_info_by_fd(bpf_program__fd(object.program(spec.function)), &info, &size) == 0;
    missed.push_back(is_known ? info.recursion_misses + by_links[info.id] : 0);
  }
  return missed;
}

}  // namespace sonde::runtime
