// The compiler's only product and the runtime's only input.
//
// An image is one BPF ELF object plus what the kernel does not need to know: what to attach where,
// what the maps hold, how the records of the ring buffer lie and print. docs/image_format.md
// describes the file form (one ELF section, `.sonde`, in the object).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "image/script_options.h"
#include "types/type.h"

namespace sonde::image {

// One per row of the provider table (src/probes).
enum class ProviderKind : uint8_t {
  Begin,
  End,
  Interval,
  Profile,
  Software,
  Hardware,
  Tracepoint,
  RawTracepoint,
  Kprobe,
  Kretprobe,
  Uprobe,
  Uretprobe,
  SyscallEnter,
  SyscallExit,
  Fentry,
  Fexit,
  Usdt,
  SelfSignal,
  Test,
  Bench,
  Iter,
  Watchpoint,
  Ksyscall,
  Kretsyscall,
  PlainTracepoint,
  KprobeSession,    // entry and return of the same functions, by one program
  KretprobeSession  // whose program is that of the entry
};

// One place to attach to, resolved: no wildcards left.
struct Target {
  std::string name;                 // as `probe` prints it: "uprobe:/bin/bash:readline"
  std::string module;               // tracepoint category, binary's path, kernel module, iter's pin; may be empty
  std::string function;             // function or event name; may be empty
  uint64_t offset = 0;              // uprobe: file offset of the instruction; kprobe: offset from the function
  uint64_t address = 0;             // kprobe by address
  uint64_t period_ns = 0;           // interval, profile: time between hits, where it is given as time
  uint64_t frequency_hz = 0;        // or hits a second
  uint64_t count = 0;               // software, hardware: events between hits
  std::optional<uint32_t> syscall;  // tracepoints of system calls: the call's number
  uint64_t semaphore = 0;           // usdt: file offset of the counter that turns the probe on; 0 for none
  std::string arguments;            // usdt: where its arguments are, as the binary's note says
  uint64_t name_index = 0;          // into ProgramImage::probe_names; also the attach cookie
};

// Images for other machines: what a target must be like for a program to serve it.
struct TargetFit {
  std::string group;                   // as Provider::group
  std::string args;                    // as probes::describe_args, of what is read of them
  std::vector<std::string> args_read;  // fields
  bool reads_whole_args = false;
  bool reads_kernel_stack = false;

  bool reads_args() const { return reads_whole_args || !args_read.empty(); }
  friend bool operator==(const TargetFit &, const TargetFit &) = default;
};

// One BPF program of the object and all places it serves.
struct ProgramSpec {
  std::string function;  // symbol of the program in the object
  ProviderKind provider = ProviderKind::Begin;
  std::vector<Target> targets;
  bool needs_cookie = false;  // reads its target's name_index through bpf_get_attach_cookie
  Location where;             // the probe in the source, for diagnostics
  TargetFit fit;              // images for other machines
  // The same: where in kSyscallsSection its table of targets by the number of the system call begins, in bytes.
  std::optional<uint32_t> syscall_table;
};

// Images for other machines: where the targets of programs come from. They are looked for where the image is loaded;
// until then its programs have those of the machine that built it.
struct AttachPoint {
  std::string text;  // as in the script: "kprobe:vfs_*"
  Location where;
  std::vector<uint32_t> programs;  // that serve its targets, each those that fit it
  bool is_alternative = false;     // counts only if nothing matched the one before, nor those before that
};

// Something of the kernel's types that programs were built with. It is looked up again in the kernel that loads them:
// the places of fields are put right (CO-RE), all else has to be the same.
enum class KernelUseKind : uint8_t {
  Field,        // of a struct
  RecordField,  // of the record of a tracepoint
  Layout,       // all of a struct
  Enumerator,
  Size,    // of a struct
  Symbol,  // whose address is a parameter
  // Questions that the script asks, which have an answer in every kernel.
  FieldExists,
  TypeExists,      // "struct sock"
  TypedefExists,   // "typedef pid_t"
  FunctionExists,  // also those without a description
};
struct KernelQuestion {
  KernelUseKind kind = KernelUseKind::TypeExists;
  std::string of;
  std::string field;
  friend bool operator==(const KernelQuestion &, const KernelQuestion &) = default;
};
// A branch is taken only in kernels that answer so.
struct KernelGuard {
  KernelQuestion question;
  bool is_no = false;
  friend bool operator==(const KernelGuard &, const KernelGuard &) = default;
};
struct KernelUse {
  KernelUseKind kind = KernelUseKind::Field;
  std::string of;     // "task_struct"; records: "sched:sched_switch"; the enumerator's name
  std::string field;  // of that: "mm", or "u.first" through members whose types have no names
  std::string built;  // what it was: a kernel::shape_of, a kernel::layout_of, a number; nothing where that is not known
  Location where;     // the first of its places in the script
  std::vector<KernelGuard> guards;  // other kernels need not have it: the program does not get there
};
// Unless it is among them.
void add_use(std::vector<KernelUse> &uses, KernelUse use);

enum class MapStorage : uint8_t {
  Hash,
  LruHash,
  PerCpuHash,
  LruPerCpuHash,
  Array,
  PerCpuArray,
  Table,  // a hash of values per CPU that programs go through themselves, without the kernel's help (table_layout.h)
};

// Every CPU has a value of its own for each key.
inline bool is_per_cpu(MapStorage storage) {
  return storage == MapStorage::PerCpuHash || storage == MapStorage::LruPerCpuHash ||
         storage == MapStorage::PerCpuArray || storage == MapStorage::Table;
}

struct MapSpec {
  std::string name;      // as in the script: "@start", "@"
  std::string bpf_name;  // in the object: "AT_start"
  Type key;              // None for scalar maps; several keys are a Tuple
  Type value;
  MapStorage storage = MapStorage::Hash;
  uint32_t max_entries = 1;
  bool is_cleared = false;      // Table: the script empties it as a whole, and goes on
  bool has_task_slots = false;  // Hash: only `tid` is ever its key, and most entries are in slots (task_slots.h)
  // Scalar maps live in slot 0 of an array, where "never assigned" cannot be told from zero: behind
  // the value lies a u64 that is 1 once the script has assigned it, and 0 again when it is deleted.
  bool is_scalar() const { return key.is_none(); }
  uint32_t set_word_offset() const;
  // Bytes of one CPU's value in the kernel: with the word of scalar maps, and rounded up to 8 for
  // per-CPU storage.
  uint32_t stored_size() const;
};

enum class EventKind : uint8_t {
  Printf,         // format, fields
  Time,           // format: print wall-clock time of the moment of printing
  Join,           // fields: one array of `count` strings; format is the separator
  PrintValue,     // fields[0] in default rendering, then a newline
  PrintMap,       // map, with top and div
  PrintMapEntry,  // map; fields[0] is the key, fields[1] the value as read at event time
  ClearMap,       // map
  ZeroMap,        // map
  Exit,           // fields[0], if any, is the exit code
  Cat,            // format, fields: the path of a file to print
  System,         // format, fields: a command to run
  Error,          // format, fields: a message with its place in the script
  Warning,        // as Error
  Assertion,      // as Error; and the run ends with exit code 1
  Packet,         // format: a pcap file; fields: boot time, bytes to leave out, bytes that follow the record
  Unwatch,        // fields[0]: an address that function watchpoints watch no more
};

// Events that steer the run or read maps. Their records have a ring buffer of their own, where no flood of data
// keeps them out.
constexpr bool is_control(EventKind kind) { return kind >= EventKind::PrintMap && kind <= EventKind::Exit; }

// Whether an event's format is printf's.
inline bool has_printf_format(EventKind kind) {
  return kind == EventKind::Printf || (kind >= EventKind::Cat && kind <= EventKind::Assertion);
}

struct EventField {
  Type type;
  uint32_t offset = 0;  // bytes from the start of the record
};

// What a record of a stamped image says of its origin, behind the first 8 bytes of its header.
struct RecordStamp {
  uint64_t time_ns = 0;  // CLOCK_BOOTTIME when the record was reserved
  uint32_t tid = 0;
  uint32_t pid = 0;
  uint64_t target = 0;  // Target::name_index
};
static_assert(sizeof(RecordStamp) == 24);

// A record starts with a header, fields follow at their offsets:
//   u32 event id, u32 CPU (0 when the image is not stamped)
//   RecordStamp            in stamped images
//   u64                    control records: how far the ring buffer of data was written; what lies before comes first
struct EventSpec {
  static constexpr uint32_t kHeaderSize = 8;  // without stamp and position
  static constexpr uint32_t header_size(EventKind kind, bool is_stamped) {
    return kHeaderSize + (is_stamped ? uint32_t{sizeof(RecordStamp)} : 0) + (is_control(kind) ? 8 : 0);
  }
  EventKind kind = EventKind::Printf;
  std::string format;
  std::vector<EventField> fields;
  uint32_t size = kHeaderSize;  // bytes of the whole record, a multiple of 8
  std::optional<uint32_t> map;  // index into ProgramImage::maps
  uint32_t top = 0;             // PrintMap: most entries shown; 0 for all
  uint32_t divisor = 1;         // PrintMap: values are divided by it
  bool is_of_end = false;       // sent by end programs, when records of others no longer count
  Location where;
};

// Settings by their bpftrace names (config = { key = value } and BPFTRACE_KEY); docs/language.md
// lists them from the table in config.cpp.
struct Config {
  uint64_t max_strlen = 1024;
  bool max_strlen_was_given = false;  // else it may be less on kernels that want short keys
  uint64_t max_map_keys = 4096;
  uint64_t max_cat_bytes = 10240;
  uint64_t max_probes = 1024;
  uint64_t max_bpf_progs = 1024;
  uint64_t perf_rb_pages = 0;  // 0: chosen by the runtime
  uint64_t on_stack_limit = 32;
  uint64_t log_size = 1000000;
  bool print_maps_on_exit = true;
  bool lazy_symbolication = false;
  bool cpp_demangle = true;
  bool show_debug_info = true;
  std::string stack_mode = "bpftrace";   // how stacks print that do not say it themselves
  std::string missing_probes = "error";  // error, warn or ignore
  std::string str_trunc_trailer = "..";
  std::string license = "GPL";
  // Names of the settings that the environment gave: it goes before scripts. Not kept in files.
  std::vector<std::string> from_environment = {};
};

enum class ParameterKind : uint8_t {
  StartNs,             // CLOCK_BOOTTIME when the run began, for `elapsed`
  ChildPid,            // pid of -c's process, 0 without one
  TaiNs,               // what CLOCK_TAI is ahead of CLOCK_BOOTTIME
  WallNs,              // the same of CLOCK_REALTIME
  TracedPid,           // pid of -p's process
  CpuCount,            // how many CPUs the machine may have
  KernelSymbol,        // address of the kernel's symbol `name`
  CgroupId,            // of the cgroup whose folder is `name`
  TypeSize,            // bytes of the kernel's type `name`
  PidNamespaceDevice,  // of the namespace that the tracer's process ids are of
  PidNamespaceInode,   // 0 when it is the kernel's first
  ScopeProcesses,      // of a scope that is settled at load time: a ProcessScope
  ScopeCgroup,         // 1 when the run is limited to a cgroup
  Positional,          // $N, with N as `name`
  PositionalCount,     // $#
  Option,              // the script's option `name`
  FunctionExists,      // 1 when the kernel describes a function of that name
  OwnFrames,           // frames of kernel stacks between a raw tracepoint and its program, which `kstack` leaves out
  HasFunction,         // 1 when the kernel has a function of that name, described or not
  FunctionAllowed,     // 1 when programs of the section that `name` begins with may call the function behind it
  HasTypedef,          // 1 when the kernel has "typedef NAME"
};

// In their order, as files and the object's symbols spell them.
inline constexpr std::array<std::string_view, 21> kParameterNames = {"start_ns",
                                                                     "child_pid",
                                                                     "tai_ns",
                                                                     "wall_ns",
                                                                     "traced_pid",
                                                                     "cpu_count",
                                                                     "kernel_symbol",
                                                                     "cgroup_id",
                                                                     "type_size",
                                                                     "pid_namespace_device",
                                                                     "pid_namespace_inode",
                                                                     "scope_processes",
                                                                     "scope_cgroup",
                                                                     "positional",
                                                                     "positional_count",
                                                                     "option",
                                                                     "function_exists",
                                                                     "own_frames",
                                                                     "has_function",
                                                                     "function_allowed",
                                                                     "has_typedef"};

// A u64 constant of the object that the runtime fills in before loading. Parameters lie one after
// the other, in the order of ProgramImage::parameters, in the section kParametersSection.
struct Parameter {
  ParameterKind kind = ParameterKind::StartNs;
  std::string name;  // what it is of, for kinds that say so
  friend bool operator==(const Parameter &, const Parameter &) = default;
};

// To which processes a run is limited. Programs look at the running task before anything else; with what they
// compare it is settled at load time.
enum class ProcessScope : uint8_t {
  All,
  One,       // that of ParameterKind::TracedPid
  Listed,    // those in kListedPidsMap
  Followed,  // those in kFollowedPidsMap or, for a tracer in a pid namespace of its own, in kListedPidsMap too
};
struct Scope {
  ProcessScope processes = ProcessScope::All;
  bool is_cgroup = false;  // those in the cgroup of kScopeCgroupMap, and in cgroups below it

  bool is_limited() const { return processes != ProcessScope::All || is_cgroup; }
  friend bool operator==(const Scope &, const Scope &) = default;
};

inline constexpr const char *kParametersSection = ".rodata.params";
// Texts of the command line, each NUL-terminated within its bytes, in the order of ProgramImage::texts.
inline constexpr const char *kTextsSection = ".rodata.texts";
inline constexpr uint32_t kTextBytes = 128;
// Tables of u32, one more than the name's index of the target by the number of the system call, 0 for others. In images
// for other machines each has kSyscallTableEntries, the last of which stays 0.
inline constexpr const char *kSyscallsSection = ".rodata.syscalls";
inline constexpr uint32_t kSyscallTableEntries = 1024;

// Names that the object uses for what the runtime must find in it.
inline constexpr const char *kRingBufferMap = "events";    // BPF_MAP_TYPE_RINGBUF
inline constexpr const char *kControlRingMap = "control";  // the same, for control records
// BPF_MAP_TYPE_PERF_EVENT_ARRAY: records of packets, each followed by bytes of its packet.
inline constexpr const char *kPacketsMap = "packets";
inline constexpr const char *kLossesSection = ".data.losses";     // words of LossWords
inline constexpr const char *kScratchMap = "scratch";             // array, kScratchLevels areas for each CPU
inline constexpr const char *kListedPidsMap = "listed_pids";      // hash by u32, the process id that the tracer sees
inline constexpr const char *kFollowedPidsMap = "followed_pids";  // the same by the first namespace's process id
inline constexpr uint32_t kMostScopePids = 32'768;                // in each of the two
inline constexpr const char *kScopeCgroupMap = "scope_cgroup";    // cgroup array of one

// How many programs that need scratch memory can be under way on one CPU: interrupted, preempted or waiting for a page
// of their process. Further ones are lost events.
inline constexpr uint32_t kScratchLevels = 8;

// A place in the script where a helper of the kernel may fail, and failures are counted.
struct FailureSite {
  std::string helper;           // as the kernel names it: "map_update_elem"
  uint32_t program = 0;         // index into ProgramImage::programs
  std::optional<uint32_t> map;  // index into ProgramImage::maps, of helpers for maps
  Location where;
};

// Which of the u64 words in kLossesSection counts what. All CPUs add to the same words: whoever counts there is on
// its slow path already.
struct LossWords {
  uint32_t programs = 0;

  // Records of that program that found no room.
  uint32_t records(uint32_t program) const { return program; }
  // Stacks that found no room.
  uint32_t stacks() const { return programs; }
  // How often a helper failed there, and behind it what it returned last.
  uint32_t failures(uint32_t site) const { return programs + 1 + 2 * site; }
  uint32_t count(size_t sites) const { return failures(static_cast<uint32_t>(sites)); }
};

// A script that another imports. Its locations go on behind those of the file before, as in base/source.h.
struct ImportedSource {
  std::string name;
  std::string text;
};

struct ProgramImage {
  std::vector<uint8_t> object;
  std::vector<ProgramSpec> programs;
  std::vector<std::string> probe_names;  // what values of type ProbeName print as
  std::vector<MapSpec> maps;
  std::vector<EventSpec> events;  // by event id
  std::vector<Parameter> parameters;
  std::vector<FailureSite> failure_sites;
  bool is_stamped = false;  // records say when, where and by whom they were sent
  Scope scope;
  Config config;
  std::string source_name;
  std::string source_text;
  std::vector<ImportedSource> imported;
  // Images in files: the kernel that they were built with, as uname tells its release.
  std::string kernel_release;

  // ---- Images for other machines ----
  std::string oldest_kernel;  // "5.10.0": from which on kernels can run it
  std::string arch;           // a name_of(Arch); none in images that were built before there were several
  std::vector<AttachPoint> attach_points;
  std::vector<KernelUse> kernel_uses;
  // What the command line of a run says, where building did not settle it.
  std::vector<ScriptOption> options;
  std::vector<Parameter> texts;  // Positional and Option

  // The highest N of $N among them; 0 for none. `$#` alone takes any.
  uint32_t positional_count() const;
  bool takes_positional() const;
};

}  // namespace sonde::image
