// What the running kernel offers, behind one interface, asked only when a script needs it.
//
// Tests and fuzzers use a fake. Everything here is lazy and cached: constructing the real one
// costs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arch.h"
#include "base/result.h"
#include "types/type.h"

namespace sonde::kernel {

struct TracepointName {
  std::string category;
  std::string event;
};

struct TracepointFormat {
  uint64_t id = 0;         // for perf_event_open
  StructLayout arguments;  // fields with offsets from the start of the record; common_ fields left out
  // The fields as the kernel declares them ("const char * filename"), in the same order: for people.
  std::vector<std::string> declarations;
};

// The texts live as long as the Kernel that gave them.
struct KernelFunction {
  std::string_view name;
  std::string_view module;  // empty for vmlinux
  // As specs spell it: "vmlinux" for the kernel itself.
  std::string_view module_name() const { return module.empty() ? "vmlinux" : module; }
};

struct BpfProgramName {
  uint32_t id = 0;
  std::string name;  // of its function in full where it has BTF, else the first 15 letters
};

// What a function of the kernel takes and gives, from its BTF.
struct Prototype {
  StructLayout parameters;  // each at the next multiple of 8 bytes, as programs get them
  Type result;              // none for void
};

struct KernelVersion {
  uint32_t major = 0, minor = 0, patch = 0;
  friend auto operator<=>(const KernelVersion &, const KernelVersion &) = default;
};

// A namespace of process ids, as its file below /proc/PID/ns names it.
struct PidNamespace {
  uint64_t device = 0;
  uint64_t inode = 0;
};

// Each answered by one small trial when first asked.
enum class Feature : uint8_t {
  Kprobes,
  AttachCookie,
  UprobeMulti,
  KprobeMulti,
  KprobeSession,  // one program for the entry and the return of functions
  PerCpuLookup,
  SleepableUprobes,
  Trampolines,  // of BPF, for fentry and fexit
  RawTracepoints,
  RunStatistics,  // of programs, switched on by a descriptor
  DirectReads,    // loads from the kernel's memory by any address (bpf_rdonly_cast)
  kCount
};
class Kernel {
public:
  virtual ~Kernel() = default;

  virtual KernelVersion version() = 0;
  virtual bool has(Feature feature) = 0;
  // Whether programs are made for this very kernel. Others are for kernels from version() on (target_kernel.h), and
  // what is asked of this one is an example: its addresses, the layouts of its types, its number of CPUs.
  virtual bool is_the_one() const { return true; }

  // Whose registers, calling convention and system calls programs are made for. Where it is not native_arch(), nothing
  // of this machine's programs and addresses counts.
  virtual Arch arch() const { return native_arch(); }

  // Directory of tracefs, or why it cannot be used.
  virtual Result<std::string> tracefs() = 0;
  // Categories and events whose "category:event" matches both globs, sorted.
  virtual Result<std::vector<TracepointName>> tracepoints(std::string_view category, std::string_view event) = 0;
  virtual Result<TracepointFormat> tracepoint_format(const std::string &category, const std::string &event) = 0;

  // Functions that a kprobe may be set on and whose name matches the glob, sorted and without
  // repeats; from available_filter_functions, else kallsyms. `module` is a glob too; empty for any.
  virtual Result<std::vector<KernelFunction>> functions(std::string_view module, std::string_view name) = 0;
  // Somebody will ask for many functions soon: reading their list, which takes the kernel 25 ms, may begin.
  virtual void expect_functions() {}
  // Address of a kernel symbol (kallsyms), or nothing.
  virtual std::optional<uint64_t> symbol_address(const std::string &name) = 0;

  // A struct, union or enum of the running kernel by C name (vmlinux BTF; "task_struct"), with
  // members that are structs named but not laid out. Nothing when there is no such type.
  virtual Result<std::optional<Type>> type(const std::string &name) = 0;
  // The number of that type in the kernel's BTF; 0 when there is none.
  virtual uint32_t type_id(const std::string &name) = 0;
  // The same of a function.
  virtual uint32_t function_id(const std::string &name) = 0;
  // The enum (maybe without a name) that has an enumerator of that name: "TCP_LISTEN". Nothing when there is none.
  virtual Result<std::optional<Type>> enum_with(const std::string &enumerator) = 0;

  // Functions with known types that can be traced and match both globs (an empty module is vmlinux, and modules
  // where it has none); raw tracepoints and iterators that match one. All sorted.
  virtual Result<std::vector<KernelFunction>> typed_functions(std::string_view module, std::string_view name) = 0;
  virtual Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) = 0;
  // Whether a tracepoint of tracefs is surely made at the raw tracepoint of its event's name.
  virtual bool is_raw_tracepoint(const std::string &category, const std::string &event) = 0;
  virtual Result<std::vector<std::string>> iterators(std::string_view glob) = 0;
  // Nothing when there is no such function or raw tracepoint.
  virtual Result<std::optional<Prototype>> function_prototype(const KernelFunction &function) = 0;
  virtual Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) = 0;
  // Whether programs of that ELF section ("kprobe", "fentry") may call this function of the kernel.
  virtual bool programs_may_call(const std::string &function, std::string_view section) = 0;
  // Loaded BPF programs, by id.
  virtual Result<std::vector<BpfProgramName>> bpf_programs() = 0;
  // "struct NAME", "union NAME" and "enum NAME" that match the glob, sorted; and what one looks like in C.
  virtual Result<std::vector<std::string>> type_names(std::string_view glob) = 0;
  virtual Result<std::string> type_definition(const std::string &name) = 0;

  // The namespace that our process ids are of; nothing when it is the kernel's first.
  virtual std::optional<PidNamespace> pid_namespace() = 0;

  // CPU numbers, ascending.
  virtual const std::vector<uint32_t> &online_cpus() = 0;
  virtual uint32_t possible_cpu_count() = 0;
};

// As if it lacked some of its features.
std::unique_ptr<Kernel> open_running_kernel(std::span<const Feature> absent = {});

}  // namespace sonde::kernel
