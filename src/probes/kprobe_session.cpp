// kprobe and kretprobe of the same functions by one program, which the kernel calls at each entry and at each return:
// one link instead of two, and one detour of a call instead of two. The program asks which of the two it is
// (src/codegen/emit_session.cpp).
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "probes/kprobe.h"
#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

// Newer than the distribution's linux/bpf.h and libbpf, which would not pass the functions on.
constexpr auto kTraceKprobeSession = static_cast<bpf_attach_type>(56);

class SessionProvider : public Provider {
public:
  explicit SessionProvider(const Provider &served) : served_(served) {}

  std::string_view name() const override { return served_.name(); }
  std::span<const std::string_view> aliases() const override { return {}; }
  std::string_view syntax() const override { return served_.syntax(); }
  std::string_view summary() const override { return served_.summary(); }
  std::string_view needs() const override { return served_.needs(); }
  std::string_view section() const override { return "kprobe"; }
  std::string_view mechanism(const bpf_program *) const override { return "kprobe.session"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    return served_.match(spec, options);
  }
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    return served_.context(target, kernel);
  }
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    return served_.list(spec, options);
  }

private:
  const Provider &served_;
};

Result<Attachments> attach_group(bpf_program *program, std::span<const image::Target *const> targets,
                                 kernel::Kernel &kernel) {
  std::vector<const char *> names;
  std::vector<uint64_t> cookies;
  for (const image::Target *target : targets) {
    names.push_back(target->function.c_str());
    cookies.push_back(target->name_index);
  }
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(bpf_program__fd(program));
  attributes.link_create.attach_type = kTraceKprobeSession;
  attributes.link_create.kprobe_multi.syms = reinterpret_cast<uint64_t>(names.data());
  attributes.link_create.kprobe_multi.cookies = reinterpret_cast<uint64_t>(cookies.data());
  attributes.link_create.kprobe_multi.cnt = static_cast<uint32_t>(names.size());
  int link = static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes));
  if (link < 0)
    return refused_kprobe(targets.front()->name, errno, kernel);
  return own_descriptor(link);
}

class EntryProvider : public SessionProvider {
public:
  EntryProvider() : SessionProvider(kprobe_provider()) {}
  image::ProviderKind kind() const override { return image::ProviderKind::KprobeSession; }

  void prepare(bpf_program *program, const image::ProgramSpec &, const AttachOptions &) const override {
    bpf_program__set_expected_attach_type(program, kTraceKprobeSession);
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    std::vector<const image::Target *> targets;
    for (const image::Target &target : spec.targets)
      targets.push_back(&target);
    return attach_in_groups(
        targets, [&](auto group) { return attach_group(program, group, options.kernel); }, options);
  }
};

class ReturnProvider : public SessionProvider {
public:
  ReturnProvider() : SessionProvider(kretprobe_provider()) {}
  image::ProviderKind kind() const override { return image::ProviderKind::KretprobeSession; }

  // The link of the entries serves these too.
  Result<Attachments> attach(bpf_program *, const image::ProgramSpec &, const AttachOptions &) const override {
    return Attachments{};
  }
};

}  // namespace

const Provider &kprobe_session_provider() {
  static const EntryProvider row;
  return row;
}

const Provider &kretprobe_session_provider() {
  static const ReturnProvider row;
  return row;
}

}  // namespace sonde::probes
