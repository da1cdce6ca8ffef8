// Asks the kernel by doing the smallest thing that needs the feature: loading a program of a few
// instructions, creating a map, or a link that must fail for the right reason.
#include "kernel/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "kernel/assembly.h"

namespace sonde::kernel {
namespace {

// Newer than the distribution's linux/bpf.h.
constexpr auto kTraceUprobeMulti = static_cast<bpf_attach_type>(48);
constexpr auto kTraceKprobeSession = static_cast<bpf_attach_type>(56);

class Descriptor {
public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0)
      close(fd_);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

private:
  int fd_;
};

int load(bpf_prog_type type, std::span<const bpf_insn> program, bpf_attach_type attach_type = {}, uint32_t flags = 0) {
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = attach_type;
  options.prog_flags = flags;
  return bpf_prog_load(type, "sonde_trial", "GPL", program.data(), program.size(), &options);
}

Assembly empty_program() {
  Assembly program;
  program.set(BPF_REG_0, 0);
  program.leave();
  return program;
}

int load_empty_kprobe(bpf_attach_type attach_type) {
  return load(BPF_PROG_TYPE_KPROBE, empty_program().code(), attach_type);
}

bool has_kprobes() {
  // The kprobe PMU exists where the kernel can create kprobes through perf_event_open (4.17 on).
  return access("/sys/bus/event_source/devices/kprobe/type", F_OK) == 0;
}

bool has_attach_cookie() {
  Assembly program;
  program.call(BPF_FUNC_get_attach_cookie);
  program.set(BPF_REG_0, 0);
  program.leave();
  return Descriptor(load(BPF_PROG_TYPE_TRACEPOINT, program.code())).ok();
}

bool has_uprobe_multi() {
  Descriptor program(load_empty_kprobe(kTraceUprobeMulti));
  if (!program.ok())
    return false;
  LIBBPF_OPTS(bpf_link_create_opts, options);
  const unsigned long offset = 0;
  options.uprobe_multi.path = "/";
  options.uprobe_multi.offsets = &offset;
  options.uprobe_multi.cnt = 1;
  Descriptor link(bpf_link_create(program.get(), -1, kTraceUprobeMulti, &options));
  // A directory is no file to probe (EBADF): a kernel that says so has looked at the path.
  return !link.ok() && errno == EBADF;
}

bool has_kprobe_multi() {
  Descriptor program(load_empty_kprobe(BPF_TRACE_KPROBE_MULTI));
  if (!program.ok())
    return false;
  LIBBPF_OPTS(bpf_link_create_opts, options);
  const char *name = "sonde_no_such_function";
  options.kprobe_multi.syms = &name;
  options.kprobe_multi.cnt = 1;
  Descriptor link(bpf_link_create(program.get(), -1, BPF_TRACE_KPROBE_MULTI, &options));
  // Kernels without it answer EINVAL, those without fprobe EOPNOTSUPP; the others look for the name.
  return !link.ok() && (errno == ESRCH || errno == ENOENT);
}

// libbpf does not know these: the call is our own.
bool has_kprobe_session() {
  Descriptor program(load_empty_kprobe(kTraceKprobeSession));
  if (!program.ok())
    return false;
  const char *name = "sonde_no_such_function";
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(program.get());
  attributes.link_create.attach_type = kTraceKprobeSession;
  attributes.link_create.kprobe_multi.syms = reinterpret_cast<uint64_t>(&name);
  attributes.link_create.kprobe_multi.cnt = 1;
  Descriptor link(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
  return !link.ok() && (errno == ESRCH || errno == ENOENT);
}

bool has_per_cpu_lookup() {
  Descriptor map(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "sonde_trial", 4, 8, 1, nullptr));
  if (!map.ok())
    return false;
  Assembly program;
  program.store_number(Assembly::Word, BPF_REG_10, -4, 0);
  program.copy(BPF_REG_2, BPF_REG_10);
  program.plus(BPF_REG_2, -4);
  program.set_map(BPF_REG_1, map.get());
  program.set(BPF_REG_3, 0);
  program.call(BPF_FUNC_map_lookup_percpu_elem);
  program.set(BPF_REG_0, 0);
  program.leave();
  return Descriptor(load(BPF_PROG_TYPE_TRACEPOINT, program.code())).ok();
}

// Of the programs that are loaded as kprobe programs, uprobes' may sleep since Linux 6.0.
bool has_sleepable_uprobes() {
  return Descriptor(load(BPF_PROG_TYPE_KPROBE, empty_program().code(), {}, BPF_F_SLEEPABLE)).ok();
}

// Kernels that have them look at the type of the function to trace, which is none here. Others refuse such programs
// outright, as all kernels do to users without the right to load any: those cannot tell.
bool has_trampolines() {
  Descriptor program(load(BPF_PROG_TYPE_TRACING, empty_program().code(), BPF_TRACE_FENTRY));
  return program.ok() || errno == EINVAL || (errno == EPERM && geteuid() != 0);
}

// Users without the right to switch them on cannot tell.
bool has_run_statistics() { return Descriptor(bpf_enable_stats(BPF_STATS_RUN_TIME)).ok() || errno == EPERM; }

// What users call what they can do without.
constexpr FeatureName kNames[] = {
    {"kprobes", Feature::Kprobes},
    {"kprobe_multi", Feature::KprobeMulti},
    {"kprobe_session", Feature::KprobeSession},
    {"uprobe_multi", Feature::UprobeMulti},
    {"sleepable_uprobes", Feature::SleepableUprobes},
    {"attach_cookie", Feature::AttachCookie},
    {"raw_tracepoints", Feature::RawTracepoints},
    {"trampolines", Feature::Trampolines},
    {"run_statistics", Feature::RunStatistics},
    {"direct_reads", Feature::DirectReads},
};

}  // namespace

std::span<const FeatureName> feature_names() { return kNames; }

bool try_feature(Feature feature) {
  switch (feature) {
  case Feature::Kprobes: return has_kprobes();
  case Feature::AttachCookie: return has_attach_cookie();
  case Feature::UprobeMulti: return has_uprobe_multi();
  case Feature::KprobeMulti: return has_kprobe_multi();
  case Feature::KprobeSession: return has_kprobe_session();
  case Feature::PerCpuLookup: return has_per_cpu_lookup();
  case Feature::SleepableUprobes: return has_sleepable_uprobes();
  case Feature::Trampolines: return has_trampolines();
  case Feature::RawTracepoints: return true;  // since 4.17
  case Feature::RunStatistics: return has_run_statistics();
  case Feature::DirectReads: break;  // by the number of kDirectRead, which a Kernel knows
  case Feature::kCount: break;
  }
  return false;
}

// The verifier first looks whether a program of this type may call the function, then at the arguments, which a
// trial does not have: any other complaint means that it may.
bool try_call(uint32_t id, const std::string &section) {
  static constexpr std::string_view kRefusals[] = {"is not allowed", "not supported", "reserved fields",
                                                   "not a function", "JIT is required"};
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  bpf_prog_type type{};
  if (libbpf_prog_type_by_name(section.c_str(), &type, &options.expected_attach_type) != 0)
    return false;
  if (type == BPF_PROG_TYPE_TRACING) {
    // Such programs name what they trace; these the kernel has for tests of its own.
    const char *traced = options.expected_attach_type == BPF_TRACE_ITER ? "task" : "bpf_fentry_test1";
    options.attach_btf_id =
        static_cast<uint32_t>(std::max(libbpf_find_vmlinux_btf_id(traced, options.expected_attach_type), 0));
  }
  std::array<char, 4096> log{};
  options.log_level = 1;
  options.log_buf = log.data();
  options.log_size = log.size();
  Assembly program;
  program.call_kernel_function(static_cast<int32_t>(id));
  program.set(BPF_REG_0, 0);
  program.leave();
  std::span<const bpf_insn> code = program.code();
  if (Descriptor(bpf_prog_load(type, "sonde_trial", "GPL", code.data(), code.size(), &options)).ok())
    return true;
  std::string_view said(log.data());
  auto is_said = [&](std::string_view refusal) { return said.find(refusal) != said.npos; };
  return !said.empty() && std::none_of(std::begin(kRefusals), std::end(kRefusals), is_said);
}

}  // namespace sonde::kernel
