// Opens perf events and attaches programs to them.
#include "probes/perf_event.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace sonde::probes {
namespace {

// What an event of a thread is copied to.
enum class Inherit : uint8_t { Nothing, Threads, Processes };

int open_event(const PerfEventSpec &event, int pid, int cpu, Inherit inherit) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.sample_period = event.period;
  attributes.bp_addr = event.breakpoint.address;
  attributes.bp_len = event.breakpoint.length;
  attributes.bp_type = event.breakpoint.type;
  attributes.inherit = inherit != Inherit::Nothing;
  attributes.inherit_thread = inherit == Inherit::Threads;
  int fd = static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0 && inherit == Inherit::Threads && (errno == EINVAL || errno == E2BIG)) {
    // Before 5.13 threads could not be told from child processes: cover those that exist.
    attributes.inherit = attributes.inherit_thread = 0;
    fd = static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  }
  return fd;
}

// A target's event, and what the program is to see of the target.
struct Source {
  const std::string &name;
  PerfEventSpec event;
  uint64_t cookie;  // 0 for none
  const RefusedEvent &refused;
  Inherit inherit;  // of a process's threads
};

Result<Attachments> attach_one(bpf_program *program, const Source &source, int pid, int cpu) {
  int fd = open_event(source.event, pid, cpu, pid >= 0 ? source.inherit : Inherit::Nothing);
  if (fd < 0)
    return source.refused(source.name, errno);
  LIBBPF_OPTS(bpf_perf_event_opts, options);
  options.bpf_cookie = source.cookie;
  bpf_link *link = bpf_program__attach_perf_event_opts(program, fd, &options);
  if (!link) {
    int error_number = errno;
    close(fd);
    return source.refused(source.name, error_number);
  }
  return own_link(link);
}

std::vector<int> threads_of(int pid) {
  std::vector<int> threads;
  std::unique_ptr<DIR, int (*)(DIR *)> directory(opendir(fmt::format("/proc/{}/task", pid).c_str()), closedir);
  while (const dirent *entry = directory ? readdir(directory.get()) : nullptr)
    if (int thread = std::atoi(entry->d_name); thread > 0)
      threads.push_back(thread);
  return threads;
}

Result<Attachments> attach_to_process(bpf_program *program, const Source &source, int pid) {
  Attachments attachments;
  for (int thread : threads_of(pid)) {
    auto attached = attach_one(program, source, thread, -1);
    if (attached)
      append(attachments, attached.take());
    else if (attached.error().error_number != ESRCH)  // a thread may end meanwhile
      return attached.error();
  }
  if (attachments.empty())
    return source.refused(source.name, ESRCH);
  return attachments;
}

Result<Attachments> attach_to_processes(bpf_program *program, const Source &source, std::span<const int> pids) {
  Attachments attachments;
  for (int pid : pids) {
    auto attached = attach_to_process(program, source, pid);
    if (!attached)
      return attached.error();
    append(attachments, attached.take());
  }
  return attachments;
}

Result<Attachments> attach_to_cpus(bpf_program *program, const Source &source, std::span<const uint32_t> cpus) {
  Attachments attachments;
  for (uint32_t cpu : cpus) {
    auto attached = attach_one(program, source, -1, static_cast<int>(cpu));
    if (!attached)
      return attached.error();
    append(attachments, attached.take());
  }
  return attachments;
}

}  // namespace

Error refused_event(const std::string &target, int error_number) {
  return attach_error(target, error_number,
                      {{ENOENT, "this kernel does not count that event", ""},
                       {EOPNOTSUPP, "this machine does not count that event", ""},
                       {ENODEV, "the CPU is not online", ""},
                       {ESRCH, "the traced process has ended", ""},
                       {EINVAL, "the kernel does not accept that rate or count", "choose a lower rate"}});
}

Result<Attachments> attach_perf_event(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      uint64_t cookie, int pid, bool follow, const RefusedEvent &refused) {
  Source source{target, event, cookie, refused, follow ? Inherit::Processes : Inherit::Threads};
  return attach_to_process(program, source, pid);
}

Result<Attachments> attach_perf_events(bpf_program *program, const image::ProgramSpec &spec, PerfScope scope,
                                       const PerfEventOf &event_of, const AttachOptions &options,
                                       const RefusedEvent &refused) {
  std::span<const uint32_t> cpus = options.kernel.online_cpus();
  auto attach_target = [&](const image::Target &target) {
    Source source{target.name, event_of(target), spec.needs_cookie ? target.name_index : 0, refused,
                  options.follow ? Inherit::Processes : Inherit::Threads};
    if (scope == PerfScope::OneCpu)
      return attach_to_cpus(program, source, cpus.first(1));
    if (options.only_process() || (scope == PerfScope::EachProcess && !options.pids.empty()))
      return attach_to_processes(program, source, options.pids);
    return attach_to_cpus(program, source, cpus);
  };
  return attach_each(spec.targets, attach_target, options);
}

}  // namespace sonde::probes
