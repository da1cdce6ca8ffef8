// Owns links and words the kernel's refusals.
#include "probes/links.h"

#include <bpf/libbpf.h>

#include <cerrno>

namespace sonde::probes {
namespace {

class LinkAttachment : public Attachment {
public:
  explicit LinkAttachment(bpf_link *link) : link_(link) {}
  ~LinkAttachment() override { bpf_link__destroy(link_); }
  LinkAttachment(const LinkAttachment &) = delete;
  LinkAttachment &operator=(const LinkAttachment &) = delete;

private:
  bpf_link *link_;
};

constexpr Refusal kCommonRefusals[] = {
    {EPERM, "the kernel does not permit it",
     "run as root; kernel lockdown and kernel.perf_event_paranoid can also forbid tracing"},
    {EACCES, "the kernel does not permit it",
     "run as root; kernel lockdown and kernel.perf_event_paranoid can also forbid tracing"},
    {EMFILE, "this process has no file descriptor left", "raise the limit (ulimit -n) or attach to fewer places"},
    {ENFILE, "the system has no file descriptor left", "raise fs.file-max or attach to fewer places"},
    {ENOMEM, "the kernel has no memory left for it", "attach to fewer places"},
    {E2BIG, "too many programs are attached to it already", "stop other tracers of the same probe"},
};

}  // namespace

std::unique_ptr<Attachment> own_link(bpf_link *link) { return std::make_unique<LinkAttachment>(link); }

Error attach_error(const std::string &target, int error_number, std::initializer_list<Refusal> refusals) {
  for (const Refusal &refusal : refusals)
    if (refusal.error_number == error_number)
      return {"attach to", target, std::string(refusal.cause), std::string(refusal.hint), error_number};
  for (const Refusal &refusal : kCommonRefusals)
    if (refusal.error_number == error_number)
      return {"attach to", target, std::string(refusal.cause), std::string(refusal.hint), error_number};
  return Error::from_errno("attach to", target, error_number);
}

// Most providers have nothing to say before loading and no typed arguments.
void Provider::prepare(bpf_program *, const image::ProgramSpec &, const AttachOptions &) const {}

Result<std::vector<std::string>> Provider::arguments(std::string_view, const MatchOptions &) const {
  return std::vector<std::string>{};
}

}  // namespace sonde::probes
