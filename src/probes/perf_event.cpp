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

Error open_error(const std::string &target, int error_number) {
  return attach_error(target, error_number,
                      {{ENOENT, "this kernel does not count that event", ""},
                       {EOPNOTSUPP, "this machine does not count that event", ""},
                       {ENODEV, "the CPU is not online", ""},
                       {ESRCH, "the traced process has ended", ""},
                       {EINVAL, "the kernel does not accept that rate or count", "choose a lower rate"}});
}

int open_event(const PerfEventSpec &event, int pid, int cpu) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.sample_period = event.period;
  attributes.inherit = pid >= 0;
  attributes.inherit_thread = pid >= 0;
  int fd = static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0 && pid >= 0 && (errno == EINVAL || errno == E2BIG)) {
    // Before 5.13 threads could not be told from child processes: cover those that exist.
    attributes.inherit = attributes.inherit_thread = 0;
    fd = static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  }
  return fd;
}

Result<std::unique_ptr<Attachment>> attach_one(bpf_program *program, const std::string &target,
                                               const PerfEventSpec &event, int pid, int cpu) {
  int fd = open_event(event, pid, cpu);
  if (fd < 0)
    return open_error(target, errno);
  LIBBPF_OPTS(bpf_perf_event_opts, options);
  options.bpf_cookie = event.cookie;
  bpf_link *link = bpf_program__attach_perf_event_opts(program, fd, &options);
  if (!link) {
    int error_number = errno;
    close(fd);
    return open_error(target, error_number);
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

Result<Attachments> attach_to_process(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      int pid) {
  Attachments attachments;
  for (int thread : threads_of(pid)) {
    auto attached = attach_one(program, target, event, thread, -1);
    if (attached)
      attachments.push_back(attached.take());
    else if (attached.error().error_number != ESRCH)  // a thread may end meanwhile
      return attached.error();
  }
  if (attachments.empty())
    return open_error(target, ESRCH);
  return attachments;
}

}  // namespace

Result<Attachments> attach_everywhere(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      const AttachOptions &options) {
  if (options.pid)
    return attach_to_process(program, target, event, *options.pid);
  Attachments attachments;
  for (uint32_t cpu : options.kernel.online_cpus()) {
    auto attached = attach_one(program, target, event, -1, static_cast<int>(cpu));
    if (!attached)
      return attached.error();
    attachments.push_back(attached.take());
  }
  return attachments;
}

Result<Attachments> attach_on_one_cpu(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      const AttachOptions &options) {
  auto attached = attach_one(program, target, event, -1, static_cast<int>(options.kernel.online_cpus().front()));
  if (!attached)
    return attached.error();
  Attachments attachments;
  attachments.push_back(attached.take());
  return attachments;
}

}  // namespace sonde::probes
