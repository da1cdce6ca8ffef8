// tracepoint:CATEGORY:EVENT of probes that do not read the event's record, by the raw tracepoint that the record is
// made at. One program serves all events, each with a cookie.
#include "probes/plain_tracepoint.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <cerrno>

#include "probes/links.h"
#include "probes/provider_rows.h"
#include "probes/served_tracepoint.h"

namespace sonde::probes {
namespace {

// Since when raw tracepoints have cookies. That a program which runs into itself is kept from it came before, in 6.1.
constexpr kernel::KernelVersion kCookies{6, 10, 0};

// The part of union bpf_attr for BPF_RAW_TRACEPOINT_OPEN, of which the distribution's header knows less.
struct RawTracepointAttributes {
  uint64_t name = 0;
  uint32_t program = 0;
  uint32_t padding = 0;
  uint64_t cookie = 0;
};

Result<Attachments> attach_event(int program, const image::Target &target) {
  RawTracepointAttributes attributes;
  attributes.name = reinterpret_cast<uint64_t>(target.function.c_str());
  attributes.program = static_cast<uint32_t>(program);
  attributes.cookie = target.name_index;
  int fd = static_cast<int>(syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof attributes));
  if (fd < 0)
    return attach_error(target.name, errno,
                        {{ENOENT, "the kernel has no such tracepoint", "sonde -l 'tracepoint:*' lists them"}});
  return own_descriptor(fd);
}

class PlainTracepointProvider : public ServedTracepointProvider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::PlainTracepoint; }
  Result<Context> context(const image::Target &, kernel::Kernel &) const override { return Context{}; }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    return attach_each(
        spec.targets, [&](const image::Target &target) { return attach_event(bpf_program__fd(program), target); },
        options);
  }
};

}  // namespace

bool can_be_plain(const image::Target &target, kernel::Kernel &kernel) {
  return kernel.version() >= kCookies && kernel.has(kernel::Feature::RawTracepoints) &&
         kernel.is_raw_tracepoint(target.module, target.function);
}

const Provider &plain_tracepoint_provider() {
  static const PlainTracepointProvider row;
  return row;
}

}  // namespace sonde::probes
