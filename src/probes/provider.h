// A provider: one way in which the kernel can call a program. One file each; provider_table.cpp
// lists them.
//
// The compiler asks a provider what a spec matches and what a program may read there; the runtime
// asks it to attach. Nothing here knows LLVM or the syntax tree, so both can link it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "probes/usdt_arguments.h"
#include "types/named_types.h"
#include "types/type.h"

struct bpf_program;

namespace sonde::elf {
class Binaries;
}

namespace sonde::probes {

// What a program finds in its context.
enum class ContextKind : uint8_t {
  None,              // nothing of use (begin, end)
  Registers,         // struct pt_regs of the probed code
  TracepointRecord,  // the event's record; `args` fields at their offsets
  PerfEvent,         // struct bpf_perf_event_data; starts with pt_regs of the interrupted code
  SyscallEnter,      // u64 address of the task's pt_regs, u64 number of the system call
  SyscallExit,       // u64 address of the task's pt_regs, u64 result
  Arguments,         // u64 words: the arguments one after the other and, behind them, a result
  SyscallWrapper,    // pt_regs of the kernel's entry to a system call, whose first argument is the task's pt_regs
  Iterator,          // u64 words: pointer to what is iterated, then to the current objects; these are null at the end
};

// Tells a task in a 32-bit system call, whose number and arguments mean something else: where in struct
// task_struct the bits lie that are then set.
struct CompatTest {
  uint32_t offset = 0;
  uint32_t size = 0;  // bytes
  uint64_t mask = 0;
};

// The way to these bits from struct task_struct.
std::vector<std::string> compat_test_way(Arch arch);

// A part of `args` that a function gets in a register or, behind those, on its stack.
struct ArgumentPiece {
  uint32_t offset = 0;  // in `args`
  uint32_t size = 0;    // bytes
  bool is_on_stack = false;
  uint32_t number = 0;  // of the register for arguments, or of the 8-byte word on the stack

  friend bool operator==(const ArgumentPiece &, const ArgumentPiece &) = default;
};

struct Context {
  ContextKind kind = ContextKind::None;
  std::optional<Type> args;                  // struct behind the builtin `args`
  std::vector<ArgumentPiece> args_pieces;    // Registers: where `args` is
  std::shared_ptr<NamedTypes> types;         // those that `args` names, where they are not the kernel's
  bool has_numbered_args = false;            // arg0 … argN
  uint32_t most_numbered_args = 128;         // those past the registers are read from the stack
  std::optional<Type> whole;                 // struct that the context is: behind the builtin `ctx`
  std::vector<UsdtArgument> usdt_arguments;  // where arg0 … argN are, where no calling convention says so
  bool has_retval = false;
  std::optional<Type> result;                    // type of `retval` where it is known
  uint32_t result_offset = 0;                    // Arguments: where the result lies
  bool has_function = false;                     // `func`
  bool is_pinned = false;                        // what it prints goes to whoever reads its pin, and not to sonde
  bool may_wait = false;                         // its programs may sleep, where the kernel can load such
  AddressSpace pointers = AddressSpace::Kernel;  // where addresses found in the context point
  // Several targets share one event of the kernel: the program finds out which of them it was (by
  // Target::syscall) and ignores what is none of them. `args` then describes the record that their own
  // events would have.
  std::optional<CompatTest> syscalls;
};

// What a probe's body reads of its context.
struct Reads {
  bool args = false;
  bool kernel_stack = false;
};

// Remembers binaries: copies of one MatchOptions read each once.
std::shared_ptr<elf::Binaries> remember_binaries();

struct MatchOptions {
  kernel::Kernel &kernel;
  std::vector<int> pids;  // -p
  bool unsafe = false;    // --unsafe
  std::shared_ptr<elf::Binaries> binaries = remember_binaries();
  std::string command = {};  // the program of -c, as it was given
};

struct AttachOptions {
  kernel::Kernel &kernel;
  std::vector<int> pids;     // only these processes, where the mechanism can filter
  std::optional<int> child;  // of -c, before it runs its program
  bool follow = false;       // and what processes these make
  bool is_trial = false;     // nothing that outlasts the run is made
  // Where set, targets that the kernel refuses are left out and their errors gathered here; else the first
  // refusal ends attaching.
  std::vector<Error> *refused = nullptr;

  // True when the refusal was gathered.
  bool skip_refused(const Error &error) const {
    if (refused)
      refused->push_back(error);
    return refused != nullptr;
  }
  // The one process that there will ever be, for mechanisms that can filter by one.
  std::optional<int> only_process() const {
    return pids.size() == 1 && !follow ? std::optional<int>(pids.front()) : std::nullopt;
  }
};

// Who sees to it that a run is limited to some processes (-p, --follow, --cgroup).
enum class Scoping : uint8_t {
  ByProgram,   // its program looks who is running
  ByEvent,     // the kernel, where it is one process: AttachOptions::only_process(); else its program
  NotOfTasks,  // nobody: time, signals and the start of a run are of no process
  Impossible,  // nobody can: scripts have to
};

// Keeps its probe attached while it lives; the destructor detaches and waits for it. Waiting takes the
// kernel 50 to 100 ms: destroy many from several threads at once, which is safe.
class Attachment {
public:
  virtual ~Attachment() = default;
  // A descriptor that becomes readable once it will not run its program any more; -1 when that never happens.
  virtual int end_fd() const { return -1; }
  // The file by which it stays attached when this is destroyed; empty when it does not.
  virtual std::string pin() const { return {}; }
  // Leaves an address alone that it found for itself.
  virtual void unwatch(uint64_t /*address*/) {}
};

class Provider {
public:
  virtual ~Provider() = default;

  virtual image::ProviderKind kind() const = 0;
  virtual std::string_view name() const = 0;                      // "uprobe"
  virtual std::span<const std::string_view> aliases() const = 0;  // "u"
  virtual std::string_view syntax() const = 0;                    // "uprobe:BINARY:FUNCTION[+OFFSET]"
  virtual std::string_view summary() const = 0;                   // one line for -h and docs
  virtual std::string_view needs() const = 0;                     // of the kernel: options and versions, for docs
  // The ELF section for its programs, in libbpf's spelling ("kprobe", "tracepoint", "perf_event").
  virtual std::string_view section() const = 0;

  // Says to libbpf, before the object is loaded, what only the loading can decide (one link for many
  // targets has an expected attach type of its own). Called with the options that attach() will get.
  virtual void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const;

  // The targets that `spec` (what follows "provider:", may be empty) names, wildcards expanded, in
  // sorted order. An Error's cause says what is wrong with the spec, its hint what would be right
  // (did-you-mean over existing targets). Matching nothing is an error.
  virtual Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const = 0;

  // The provider that reaches this target best on this kernel, for a probe that reads this much; most serve their
  // targets themselves.
  virtual const Provider &serving(const image::Target &target, const Reads &reads, kernel::Kernel &kernel) const;

  virtual Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const = 0;

  // Whether any target has the same context, one that does not exist on this machine too.
  virtual bool is_alike_everywhere() const { return false; }

  // Adds to a context `args`, where it takes debug information to know them: asked for only when a script uses them.
  virtual Result<void> add_args(Context &context, const image::Target &target, const MatchOptions &options) const;

  // What this kernel would need to have any such probe; empty where it has them.
  virtual std::string_view lack(kernel::Kernel &) const { return {}; }

  // What `-l` prints for a glob `spec`: each target in full spelling, sorted; providers without an
  // enumerable set give their forms.
  virtual Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const = 0;

  // What `-lv` prints under a target whose spec is `spec`: one declaration a line, without indent.
  virtual Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const;

  // Attaches a loaded program to all its targets. An Error names the target and what the kernel's
  // refusal means there.
  virtual Result<std::vector<std::unique_ptr<Attachment>>> attach(bpf_program *program, const image::ProgramSpec &spec,
                                                                  const AttachOptions &options) const = 0;
  // By what a loaded program is attached, for people: "kprobe.multi".
  virtual std::string_view mechanism(const bpf_program *program) const;
  // Targets with equal text can share a program.
  virtual std::string group(const image::Target &target) const;
  virtual Scoping scoping() const { return is_run_directly() ? Scoping::NotOfTasks : Scoping::ByProgram; }
  // Begin and end, for instance, are run by the runtime itself rather than attached.
  virtual bool is_run_directly() const { return false; }
  // Runs by itself and then ends the run: no other probe than begin and end goes with it.
  virtual bool is_alone() const { return false; }
};

// The parameters as -lv shows them: "struct file * file".
std::vector<std::string> declarations(const kernel::Prototype &prototype);

std::span<const Provider *const> providers();
const Provider *find_provider(std::string_view name_or_alias);  // case ignored; null when unknown
const Provider &provider(image::ProviderKind kind);

// "uprobe:/bin/bash:readline" → provider and spec. Errors: unknown provider, with did-you-mean.
struct ProviderSpec {
  const Provider *provider = nullptr;
  std::string_view spec;
};
Result<ProviderSpec> split_attach_point(std::string_view text);

// The lines of `-l PATTERN` (empty pattern: everything), and of -lv with arguments under each. A pattern that
// begins with struct, union or enum lists types of the kernel, and with -v their definitions.
struct Listing {
  std::vector<std::string> lines;
  // "kprobe (CONFIG_KPROBES)": providers that the pattern does not name and that can probe nothing on this kernel.
  std::vector<std::string> left_out;
};
Result<Listing> list_probes(std::string_view pattern, bool verbose, const MatchOptions &options);
// Full names of probes, each followed by the lines of what it offers to scripts.
std::vector<std::string> with_arguments(std::vector<std::string> lines, const MatchOptions &options);

}  // namespace sonde::probes
