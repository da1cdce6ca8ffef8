// Fills the maps of a scope, and keeps the set of followed processes by two small programs of its own: one for each
// process that is made, one for each that is gone. They run in the kernel at once, so that no child's first events
// are missed, and they are written by hand: what they need to know of the kernel's structs is known here only.
#include "runtime/run_scope.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "base/read_file.h"
#include "kernel/assembly.h"

namespace sonde::runtime {
namespace {

using kernel::Assembly;

// Where things lie in struct task_struct, and in struct signal_struct the number of threads that live.
struct TaskLayout {
  int32_t pid = 0, tgid = 0, signal = 0, live = 0;
};

Result<TaskLayout> task_layout(kernel::Kernel &kernel) {
  TaskLayout layout;
  struct Wanted {
    const char *type, *field;
    int32_t &offset;
  };
  for (const Wanted &wanted :
       {Wanted{"task_struct", "pid", layout.pid}, Wanted{"task_struct", "tgid", layout.tgid},
        Wanted{"task_struct", "signal", layout.signal}, Wanted{"signal_struct", "live", layout.live}}) {
    auto type = kernel.type(wanted.type);
    if (!type)
      return type.error();
    const Field *field = *type && (**type).layout ? (**type).layout->find(wanted.field) : nullptr;
    if (!field)
      return Error{"follow", "processes", fmt::format("this kernel's BTF has no {}.{}", wanted.type, wanted.field),
                   "trace without --follow"};
    wanted.offset = static_cast<int32_t>(field->offset);
  }
  return layout;
}

struct MapFds {
  int listed = -1;  // -1 where the followed set does for both
  int followed = -1;
  int lost = -1;
};

constexpr uint8_t kResult = BPF_REG_0, kFirst = BPF_REG_1, kSecond = BPF_REG_2, kThird = BPF_REG_3, kFourth = BPF_REG_4,
                  kKept = BPF_REG_6, kFrame = BPF_REG_10;

// First argument: the map; second: the key at an offset in the frame.
void look_up(Assembly &program, int map, int16_t key) {
  program.set_map(kFirst, map);
  program.copy(kSecond, kFrame);
  program.plus(kSecond, key);
  program.call(BPF_FUNC_map_lookup_elem);
}

// Reads kernel memory to the frame: `size` bytes at `offset` behind the address in kThird.
void read(Assembly &program, int16_t to, int32_t size, int32_t offset) {
  program.plus(kThird, offset);
  program.copy(kFirst, kFrame);
  program.plus(kFirst, to);
  program.set(kSecond, size);
  program.call(BPF_FUNC_probe_read_kernel);
}

// sched_process_fork(parent, child): the parent is running. Threads are of the set already.
std::vector<bpf_insn> fork_program(const MapFds &maps, const TaskLayout &task,
                                   const std::optional<kernel::PidNamespace> &space) {
  constexpr int16_t kPid = -4, kOne = -8, kIds = -16, kIdsProcess = -12;
  Assembly program;
  program.copy(kKept, kFirst);
  program.store_number(Assembly::Word, kFrame, kOne, 1);
  program.call(BPF_FUNC_get_current_pid_tgid);
  program.shift_right(kResult, 32);
  program.store(Assembly::Word, kFrame, kPid, kResult);
  look_up(program, maps.followed, kPid);
  size_t is_followed = program.jump_unless_zero(kResult);
  if (space && maps.listed >= 0) {
    program.set_wide(kFirst, space->device);
    program.set_wide(kSecond, space->inode);
    program.copy(kThird, kFrame);
    program.plus(kThird, kIds);
    program.set(kFourth, 8);
    program.call(BPF_FUNC_get_ns_current_pid_tgid);
    look_up(program, maps.listed, kIdsProcess);
  }
  size_t is_other = program.jump_if_zero(kResult);
  program.land(is_followed);
  program.load(Assembly::Double, kThird, kKept, 8);
  read(program, kPid, 4, task.tgid);
  program.set_map(kFirst, maps.followed);
  program.copy(kSecond, kFrame);
  program.plus(kSecond, kPid);
  program.copy(kThird, kFrame);
  program.plus(kThird, kOne);
  program.set(kFourth, BPF_ANY);
  program.call(BPF_FUNC_map_update_elem);
  size_t is_added = program.jump_if_zero(kResult);
  program.store_number(Assembly::Word, kFrame, kPid, 0);
  look_up(program, maps.lost, kPid);
  size_t is_no_counter = program.jump_if_zero(kResult);
  program.set(kFirst, 1);
  program.add_atomically(kResult, 0, kFirst);
  for (size_t jump : {is_other, is_added, is_no_counter})
    program.land(jump);
  program.set(kResult, 0);
  program.leave();
  return {program.code().begin(), program.code().end()};
}

// sched_process_free(task), when nothing of a task can be seen any more. A thread that executes another program takes
// over the process id of the first thread, which then ends: of such a process some thread lives.
std::vector<bpf_insn> end_program(const MapFds &maps, const TaskLayout &task) {
  constexpr int16_t kProcess = -4, kThread = -8, kSignal = -16, kLive = -24;
  Assembly program;
  program.load(Assembly::Double, kKept, kFirst, 0);
  program.copy(kThird, kKept);
  read(program, kThread, 4, task.pid);
  program.copy(kThird, kKept);
  read(program, kProcess, 4, task.tgid);
  program.load(Assembly::Word, kFirst, kFrame, kThread);
  program.load(Assembly::Word, kSecond, kFrame, kProcess);
  size_t is_thread = program.jump_unless_equal(kFirst, kSecond);
  program.copy(kThird, kKept);
  read(program, kSignal, 8, task.signal);
  program.load(Assembly::Double, kThird, kFrame, kSignal);
  read(program, kLive, 4, task.live);
  program.load(Assembly::Word, kFirst, kFrame, kLive);
  size_t lives = program.jump_unless_zero(kFirst);
  program.set_map(kFirst, maps.followed);
  program.copy(kSecond, kFrame);
  program.plus(kSecond, kProcess);
  program.call(BPF_FUNC_map_delete_elem);
  for (size_t jump : {is_thread, lives})
    program.land(jump);
  program.set(kResult, 0);
  program.leave();
  return {program.code().begin(), program.code().end()};
}

Error cannot_follow(const char *event, int error_number) {
  return Error::from_errno("follow processes through", fmt::format("rawtracepoint:{}", event), error_number,
                           "run as root; trace without --follow");
}

// Descriptors of the program and of its link.
Result<std::pair<int, int>> run_at(const char *event, std::span<const bpf_insn> code) {
  int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "sonde_follow", "GPL", code.data(), code.size(), nullptr);
  if (program < 0)
    return cannot_follow(event, errno);
  int link = bpf_raw_tracepoint_open(event, program);
  if (link < 0) {
    int error_number = errno;
    close(program);
    return cannot_follow(event, error_number);
  }
  return std::pair(program, link);
}

// Process → parent, of all processes that can be seen.
std::map<int, int> parents_of_processes() {
  std::map<int, int> parents;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator("/proc", error)) {
    // pid (name, which may hold anything) state parent …
    auto text = read_file(entry.path() / "stat");
    size_t name_end = text ? text->rfind(") ") : std::string::npos;
    char state = 0;
    int parent = 0;
    if (name_end != std::string::npos && std::sscanf(text->c_str() + name_end, ") %c %d", &state, &parent) == 2)
      parents[std::atoi(text->c_str())] = parent;
  }
  return parents;
}

// But not ourselves: the shell that sonde is run from can be traced.
std::vector<int> descendants_of(const std::vector<int> &roots) {
  std::map<int, int> parents = parents_of_processes();
  std::vector<int> found;
  for (const auto &[pid, its_parent] : parents) {
    if (pid == getpid())
      continue;
    int above = its_parent;
    // A process is seldom deep; a bound, because the table was not read in one moment.
    for (int depth = 0; depth < 1000 && above > 0; ++depth) {
      if (std::find(roots.begin(), roots.end(), above) != roots.end()) {
        found.push_back(pid);
        break;
      }
      auto next = parents.find(above);
      above = next == parents.end() ? 0 : next->second;
    }
  }
  return found;
}

Result<void> add_pids(int map, const std::vector<int> &pids) {
  const uint8_t one = 1;
  for (int pid : pids)
    if (bpf_map_update_elem(map, &pid, &one, BPF_ANY) != 0)
      return Error::from_errno("trace", fmt::format("process {}", pid), errno);
  return {};
}

Result<void> set_cgroup(int map, const std::string &path) {
  int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return Error::from_errno("open cgroup", path, errno, "it is a folder such as /sys/fs/cgroup/system.slice");
  uint32_t first = 0;
  int status = bpf_map_update_elem(map, &first, &folder, BPF_ANY);
  int error_number = errno;
  close(folder);
  if (status == 0)
    return {};
  if (error_number == EBADF)
    return Error{"trace cgroup", path, "the folder is not of a cgroup hierarchy of version 2",
                 "findmnt -t cgroup2 shows where that is mounted", error_number};
  return Error::from_errno("trace cgroup", path, error_number);
}

// An image that was built for other options limits itself by other means, or not at all.
Result<void> check_image(const image::ProgramImage &image, const RunOptions &options) {
  bool limits_pids = image.scope.processes != image::ProcessScope::All;
  bool wants_pids = options.follow || !options.pids.empty();
  bool needs_program = false;
  for (const image::ProgramSpec &program : image.programs) {
    probes::Scoping scoping = probes::provider(program.provider).scoping();
    needs_program = needs_program || scoping == probes::Scoping::ByProgram ||
                    (scoping == probes::Scoping::ByEvent && (options.follow || options.pids.size() > 1));
  }
  if (needs_program && ((wants_pids && !limits_pids) || (!options.cgroup.empty() && !image.scope.is_cgroup)))
    return Error{"limit", "the image to some processes", "its programs do not look who is running",
                 "build it with the same -p, --follow or --cgroup", 0};
  return {};
}

}  // namespace

Result<void> RunScope::follow(const LoadedObject &object, kernel::Kernel &kernel) {
  auto layout = task_layout(kernel);
  if (!layout)
    return layout.error();
  lost_map_ = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sonde_unfollowed", sizeof(uint32_t), sizeof(uint64_t), 1, nullptr);
  if (lost_map_ < 0)
    return Error::from_errno("follow", "processes", errno);
  MapFds maps{object.map_fd(image::kListedPidsMap), object.map_fd(image::kFollowedPidsMap), lost_map_};
  auto fork = run_at("sched_process_fork", fork_program(maps, *layout, kernel.pid_namespace()));
  if (!fork)
    return fork.error();
  std::tie(fork_, fork_link_) = *fork;
  auto end = run_at("sched_process_free", end_program(maps, *layout));
  if (!end)
    return end.error();
  std::tie(end_, end_link_) = *end;
  return {};
}

Result<std::unique_ptr<RunScope>> RunScope::open(const image::ProgramImage &image, const LoadedObject &object,
                                                 kernel::Kernel &kernel, const RunOptions &options) {
  if (auto done = check_image(image, options); !done)
    return done.error();
  std::unique_ptr<RunScope> scope(new RunScope);
  if (int map = object.map_fd(image::kScopeCgroupMap); map >= 0)
    if (auto done = set_cgroup(map, options.cgroup); !done)
      return done.error();
  int listed = object.map_fd(image::kListedPidsMap), followed = object.map_fd(image::kFollowedPidsMap);
  std::vector<int> roots = options.pids;
  if (options.child)
    roots.push_back(options.child->pid());
  // First the programs, then what is there: no process may come to be in between.
  if (image.scope.processes == image::ProcessScope::Followed && followed >= 0) {
    if (auto done = scope->follow(object, kernel); !done)
      return done.error();
    if (auto done = add_pids(listed >= 0 ? listed : followed, roots); !done)
      return done.error();
    roots = descendants_of(roots);
  }
  if (listed >= 0 || followed >= 0)
    if (auto done = add_pids(listed >= 0 ? listed : followed, roots); !done)
      return done.error();
  return scope;
}

void RunScope::count_in(ProgramCosts &costs) const {
  if (fork_ >= 0)
    costs.add("--follow at sched_process_fork", fork_);
  if (end_ >= 0)
    costs.add("--follow at sched_process_free", end_);
}

RunScope::~RunScope() {
  for (int fd : {fork_link_, end_link_, fork_, end_})
    if (fd >= 0)
      close(fd);
  if (lost_map_ < 0)
    return;
  uint32_t first = 0;
  uint64_t lost = 0;
  if (bpf_map_lookup_elem(lost_map_, &first, &lost) == 0 && lost > 0)
    fmt::print(stderr, "WARNING: {} processes were not followed: there was no room for more than {} at a time\n", lost,
               image::kMostScopePids);
  close(lost_map_);
}

}  // namespace sonde::runtime
