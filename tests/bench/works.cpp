// The bars are those of the project's goals; rows are written so that bpftrace 0.17 takes them too.
#include "works.h"

namespace sonde::bench {
namespace {

constexpr char kExit[] = "BEGIN { exit() }";
constexpr char kCountOpens[] = "tracepoint:syscalls:sys_enter_openat { @[comm] = count(); } interval:ms:1 { exit(); }";
constexpr char kTaskField[] =
    R"(BEGIN { printf("%d\n", ((struct task_struct *)curtask)->real_parent->tgid); exit(); })";
constexpr char kTaskFields[] = R"(
BEGIN { printf("%d %d %s\n", curtask->pid, curtask->real_parent->tgid, curtask->comm); exit(); })";
constexpr char kOpensnoop[] = R"(
tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat { @filename[tid] = args->filename; }
tracepoint:syscalls:sys_exit_open, tracepoint:syscalls:sys_exit_openat /@filename[tid]/ {
  $ret = args->ret;
  $fd = $ret >= 0 ? $ret : -1;
  $errno = $ret >= 0 ? 0 : - $ret;
  printf("%-6d %-16s %4d %3d %s\n", pid, comm, $fd, $errno, str(@filename[tid]));
  delete(@filename[tid]);
}
END { clear(@filename); })";
constexpr char kPrintCalls[] = R"(
tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 3/ { printf("%d %d\n", pid, args->args[0]); })";
constexpr char kPrintTwenty[] = R"(
tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 3/ {
  unroll(20) { printf("%d %d\n", pid, args->args[0]); }
})";
constexpr char kCountKeys[] = R"(
tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 3/ { @[args->args[0]] = 1; })";

constexpr const char *kSlowLoop = "a system call that is traced takes most of the time by itself; the row with twenty "
                                  "events in each shows the reader";

constexpr Bar at_most(double value) { return {Bar::Kind::AtMost, value}; }
constexpr Bar at_least(double value) { return {Bar::Kind::AtLeast, value}; }
constexpr Bar of_best_peer(double share) { return {Bar::Kind::OfBestPeer, share}; }

std::vector<Work> starting() {
  return {
      {.name = kExit,
       .arguments = {"-e", kExit},
       .metrics = {{"start", Measure::WallMs, at_most(15)},
                   {"memory", Measure::PeakMib, at_most(35)},
                   {"size", Measure::DiskMib, of_best_peer(1)}}},
      {.name = "tracepoint openat, @[comm], start to exit",
       .arguments = {"-e", kCountOpens},
       .metrics = {{"start", Measure::WallMs, at_most(30)}}},
      {.name = "a field of task_struct through BTF",
       .arguments = {"-e", kTaskField},
       .metrics = {{"start", Measure::WallMs, at_most(30)}}},
      {.name = "-l 'tracepoint:*'",
       .arguments = {"-l", "tracepoint:*"},
       .metrics = {{"list", Measure::WallMs, at_most(12)}}},
      {.name = "opensnoop, compiled only",
       .arguments = {"--dry-run", "-e", kOpensnoop},
       .metrics = {{"compile", Measure::WallMs, at_most(25)}}},
  };
}

std::vector<Work> attaching() {
  return {
      {.name = "2000 uprobes, @ = count()",
       .arguments = {"-e", "uprobe:FUNCTIONS:many_* { @ = count(); }"},
       .metrics = {{"attach", Measure::AttachMs, at_most(60)}, {"attach", Measure::DetachMs, at_most(60)}},
       .takes_mark = true},
      {.name = "111 uprobes, @[probe] = count()",
       .arguments = {"-e", "uprobe:FUNCTIONS:few_* { @[probe] = count(); }"},
       .metrics = {{"attach", Measure::AttachMs, at_most(60)}, {"attach", Measure::DetachMs, at_most(60)}},
       .takes_mark = true},
      {.name = "all tracepoints sys_enter_*, @[probe] = count()",
       .arguments = {"-e", "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }"},
       .metrics = {{"attach", Measure::AttachMs, at_most(100)},
                   {"attach", Measure::DetachMs, at_most(200)},
                   {"memory", Measure::PeakMib, at_most(40)}},
       .takes_mark = true},
  };
}

std::vector<Work> printing() {
  return {
      {.name = "2 M printf events from a loop of system calls to a file",
       .arguments = {"-q", "-e", kPrintCalls, "-c", "SELF --calls 2000000 1000"},
       .metrics = {{"print", Measure::MillionsPrinted, at_least(2)},
                   {"print", Measure::MillionsASecond, at_least(3), kSlowLoop}},
       .events = 2'000'000},
      {.name = "2 M printf events, twenty in each of a loop's system calls, to a file",
       .arguments = {"-q", "-e", kPrintTwenty, "-c", "SELF --calls 100000 1000"},
       .metrics = {{"print", Measure::MillionsPrinted, {}}, {"print", Measure::MillionsASecond, at_least(3)}},
       .events = 2'000'000},
      {.name = "100k keys printed at exit, beyond 10 keys",
       .arguments = {"-q", "-e", kCountKeys, "-c", "SELF --calls 100000 100000"},
       .metrics = {{"dump", Measure::CpuOverBaseline, at_most(50)}},
       .baseline = {"-q", "-e", kCountKeys, "-c", "SELF --calls 100000 10"},
       .has_many_keys = true},
  };
}

std::vector<Work> building() {
  return {
      {.name = "BEGIN { exit() }, built",
       .arguments = {"-e", kExit},
       .metrics = {{"build", Measure::WallMs, at_most(5)},
                   {"build", Measure::PeakMib, at_most(6)},
                   {"build", Measure::DiskMib, at_most(2.5)}},
       .is_built = true},
      {.name = "fields of task_struct, built",
       .arguments = {"-e", kTaskFields},
       .metrics = {{"build", Measure::WallMs, at_most(8)},
                   {"build", Measure::PeakMib, at_most(6)},
                   {"build", Measure::DiskMib, at_most(2.5)}},
       .is_built = true},
      {.name = "openat @[comm], built",
       .arguments = {"-e", kCountOpens},
       .metrics = {{"build", Measure::WallMs}, {"build", Measure::PeakMib}},
       .is_built = true},
  };
}

}  // namespace

const std::vector<Work> &works() {
  static const std::vector<Work> all = [] {
    std::vector<Work> works;
    for (const auto &part : {starting(), attaching(), printing(), building()})
      works.insert(works.end(), part.begin(), part.end());
    return works;
  }();
  return all;
}

const char *unit_of(Measure measure) {
  switch (measure) {
  case Measure::WallMs: return "ms";
  case Measure::AttachMs: return "ms to attach";
  case Measure::DetachMs: return "ms to detach";
  case Measure::PeakMib: return "MiB peak RSS";
  case Measure::CpuOverBaseline: return "ms of CPU";
  case Measure::MillionsPrinted: return "M events printed";
  case Measure::MillionsASecond: return "M events/s printed";
  case Measure::DiskMib: return "MiB on disk";
  }
  return "";
}

}  // namespace sonde::bench
