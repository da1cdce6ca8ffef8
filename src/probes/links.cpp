// Owns links and words the kernel's refusals.
#include "probes/links.h"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "kernel/rights.h"

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

class DescriptorAttachment : public Attachment {
public:
  explicit DescriptorAttachment(int fd) : fd_(fd) {}
  ~DescriptorAttachment() override { close(fd_); }
  DescriptorAttachment(const DescriptorAttachment &) = delete;
  DescriptorAttachment &operator=(const DescriptorAttachment &) = delete;

private:
  int fd_;
};

constexpr Refusal kCommonRefusals[] = {
    {EMFILE, "this process has no file descriptor left", "raise the limit (ulimit -n) or attach to fewer places"},
    {ENFILE, "the system has no file descriptor left", "raise fs.file-max or attach to fewer places"},
    {ENOMEM, "the kernel has no memory left for it", "attach to fewer places"},
    {E2BIG, "too many programs are attached to it already", "stop other tracers of the same probe"},
};

// Refusals that have to do with one place rather than with the program or the process.
bool is_about_a_place(const Error &error) {
  switch (error.error_number) {
  case EPERM:
  case EACCES:
  case EMFILE:
  case ENFILE:
  case ENOMEM: return false;
  default: return true;
  }
}

// Each target counts, whoever was named.
std::optional<Error> refuse_each(std::span<const image::Target *const> targets, Error error,
                                 const AttachOptions &options) {
  for (const image::Target *target : targets) {
    error.object = target->name;
    if (!options.skip_refused(error))
      return error;
  }
  return std::nullopt;
}

std::optional<Error> attach_halving(std::span<const image::Target *const> targets, const AttachGroup &attach_group,
                                    const AttachOptions &options, Attachments &attachments) {
  auto attached = attach_group(targets);
  if (attached) {
    append(attachments, attached.take());
    return std::nullopt;
  }
  if (targets.size() == 1 || !is_about_a_place(attached.error()))
    return refuse_each(targets, attached.error(), options);
  size_t half = targets.size() / 2;
  if (auto error = attach_halving(targets.first(half), attach_group, options, attachments))
    return error;
  return attach_halving(targets.subspan(half), attach_group, options, attachments);
}

}  // namespace

void append(Attachments &all, Attachments more) { std::move(more.begin(), more.end(), std::back_inserter(all)); }

Result<Attachments> attach_in_groups(std::span<const image::Target *const> targets, const AttachGroup &attach_group,
                                     const AttachOptions &options) {
  Attachments attachments;
  if (auto error = attach_halving(targets, attach_group, options, attachments))
    return *error;
  return attachments;
}

Result<Attachments> attach_each(std::span<const image::Target> targets, const AttachTarget &attach_target,
                                const AttachOptions &options) {
  Attachments attachments;
  for (const image::Target &target : targets) {
    auto attached = attach_target(target);
    if (attached)
      append(attachments, attached.take());
    else if (!options.skip_refused(attached.error()))
      return attached.error();
  }
  return attachments;
}

Attachments own_link(bpf_link *link) {
  Attachments attachments;
  attachments.push_back(std::make_unique<LinkAttachment>(link));
  return attachments;
}

Attachments own_descriptor(int fd) {
  Attachments attachments;
  attachments.push_back(std::make_unique<DescriptorAttachment>(fd));
  return attachments;
}

Error attach_error(const std::string &target, int error_number, std::initializer_list<Refusal> refusals) {
  for (const Refusal &refusal : refusals)
    if (refusal.error_number == error_number)
      return {"attach to", target, std::string(refusal.cause), std::string(refusal.hint), error_number};
  for (const Refusal &refusal : kCommonRefusals)
    if (refusal.error_number == error_number)
      return {"attach to", target, std::string(refusal.cause), std::string(refusal.hint), error_number};
  if (error_number != EPERM && error_number != EACCES)
    return Error::from_errno("attach to", target, error_number);
  kernel::NotPermitted why = kernel::explain_not_attached(kernel::own_rights());
  return {"attach to", target, "the kernel does not permit it: " + why.cause, why.hint, error_number};
}

// Most providers have nothing to say before loading, serve their own targets and have no typed arguments.
void Provider::prepare(bpf_program *, const image::ProgramSpec &, const AttachOptions &) const {}

std::string Provider::group(const image::Target &) const { return {}; }

std::string_view Provider::mechanism(const bpf_program *) const { return "perf event"; }

std::vector<std::string> declarations(const kernel::Prototype &prototype) {
  std::vector<std::string> lines;
  for (const Field &parameter : prototype.parameters.fields)
    lines.push_back(to_string(parameter.type) + " " + parameter.name);
  return lines;
}

Result<void> Provider::add_args(Context &, const image::Target &, const MatchOptions &) const { return {}; }

const Provider &Provider::serving(const image::Target &, const Reads &, kernel::Kernel &) const { return *this; }

Result<std::vector<std::string>> Provider::arguments(std::string_view, const MatchOptions &) const {
  return std::vector<std::string>{};
}

}  // namespace sonde::probes
