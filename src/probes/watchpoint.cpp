// watchpoint: the CPU's debug registers tell when memory is read, written or executed.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "elf/binary.h"
#include "probes/binaries.h"
#include "probes/location.h"
#include "probes/perf_event.h"
#include "probes/provider_rows.h"
#include "probes/uprobe_places.h"
#include "probes/watched_argument.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"w"};
constexpr std::string_view kAsyncAliases[] = {"aw"};
constexpr std::string_view kAsyncName = "asyncwatchpoint";

Error spec_error(std::string_view spec, std::string cause, std::string hint) {
  return {"use", fmt::format("watchpoint:{}", spec), std::move(cause), std::move(hint)};
}

// "rw" → HW_BREAKPOINT_R | HW_BREAKPOINT_W; 0 for what is no mode.
uint32_t parse_mode(std::string_view mode) {
  constexpr std::pair<char, uint32_t> kLetters[] = {
      {'r', HW_BREAKPOINT_R}, {'w', HW_BREAKPOINT_W}, {'x', HW_BREAKPOINT_X}};
  uint32_t type = 0;
  for (char letter : mode) {
    const auto *known = std::find_if(std::begin(kLetters), std::end(kLetters),
                                     [&](const auto &entry) { return entry.first == letter; });
    if (known == std::end(kLetters) || (type & known->second))
      return 0;
    type |= known->second;
  }
  return type;
}

// What the debug registers of this architecture can watch for.
std::optional<Error> check_mode(std::string_view spec, std::string_view mode, uint32_t type) {
  if (type == 0)
    return spec_error(spec, fmt::format("'{}' is not a mode", mode), "r, w and x say what is watched: w, rw or x");
  if ((type & HW_BREAKPOINT_X) && type != HW_BREAKPOINT_X)
    return spec_error(spec, "execution cannot be watched together with reading or writing",
                      "two watchpoints of one probe can: separate them by a comma");
#if defined(__x86_64__)
  if (type == HW_BREAKPOINT_R)
    return spec_error(spec, "x86 cannot watch reading alone", "rw watches both");
#endif
  return std::nullopt;
}

Error refused(const std::string &target, int error_number) {
  return attach_error(target, error_number,
                      {{ENOSPC, "all debug registers of the CPU are in use", "x86 has four of them"},
                       {EINVAL, "the CPU cannot watch that address, length or mode", ""},
                       {EOPNOTSUPP, "this machine has no debug registers that the kernel could use", ""},
                       {ENODEV, "this machine has no debug registers that the kernel could use", ""},
                       {ENOENT, "this kernel was built without hardware breakpoints", ""},
                       {ESRCH, "the traced process has ended", ""}});
}

// What follows "watchpoint:", taken apart.
struct WatchpointSpec {
  uint64_t address = 0;  // without a function
  std::string function;
  uint32_t argument = 0;
  uint64_t length = 0;
  std::string mode;
};

// "NAME+arg2" → NAME and 2; false for anything else.
bool take_argument(std::string_view place, WatchpointSpec &parsed) {
  size_t plus = place.rfind("+arg");
  auto number = plus == place.npos ? std::nullopt : parse_number(place.substr(plus + 4));
  if (!number || plus == 0 || *number > UINT32_MAX)
    return false;
  parsed.function = place.substr(0, plus);
  parsed.argument = static_cast<uint32_t>(*number);
  return true;
}

Result<WatchpointSpec> parse_spec(std::string_view spec, std::string_view syntax) {
  std::vector<std::string_view> parts = split(spec, ':');
  if (parts.size() != 3)
    return spec_error(spec, "an address, a length and a mode are needed",
                      fmt::format("write {}, such as watchpoint:0x601020:8:w", syntax));
  WatchpointSpec parsed;
  auto address = parse_number(parts[0]), length = parse_number(parts[1]);
  if (!address && !take_argument(parts[0], parsed))
    return spec_error(spec, fmt::format("'{}' is neither an address nor FUNCTION+argN", parts[0]),
                      "addresses are decimal, or hexadecimal behind 0x");
  if (parsed.argument >= most_watched_arguments())
    return spec_error(spec, fmt::format("arg{} is not in a register", parsed.argument),
                      fmt::format("arg0 to arg{} are", most_watched_arguments() - 1));
  if (!length || (*length != 1 && *length != 2 && *length != 4 && *length != 8))
    return spec_error(spec, fmt::format("'{}' is not a length that a CPU can watch", parts[1]), "1, 2, 4 or 8 bytes");
  if (address.value_or(0) % *length != 0)
    return spec_error(spec, fmt::format("the address is not a multiple of its {} bytes", *length),
                      "a CPU watches aligned memory only");
  uint32_t type = parse_mode(parts[2]);
  if (auto error = check_mode(spec, parts[2], type))
    return *error;
  parsed.address = address.value_or(0);
  // Code is watched where an instruction starts, whatever its length.
  parsed.length = type == HW_BREAKPOINT_X ? sizeof(long) : *length;
  parsed.mode = parts[2];
  return parsed;
}

struct FoundFunction {
  std::string path;
  uint64_t offset = 0;
};

// In the command's program, or in the first file of the traced processes that has it: a program comes before its
// libraries.
Result<FoundFunction> find_function(std::string_view spec, const std::string &name, const MatchOptions &options) {
  if (options.pids.empty() && options.command.empty())
    return spec_error(spec, "a function's argument is an address of one process", "name the process: -p or -c");
  auto files = options.pids.empty() ? find_binaries(options.command, {}) : find_binaries("*", options.pids);
  if (!files)
    return files.error();
  for (const BinaryPath &file : *files) {
    auto binary = options.binaries->open(file.path);
    if (!binary)
      continue;
    std::vector<CodePlace> places = matching_functions((*binary)->symbols(), name, false);
    if (!places.empty())
      return FoundFunction{elf::containing_file(file.path), places.front().file_offset};
  }
  Error error = spec_error(spec, fmt::format("there is no function '{}' in what the process runs", name),
                           options.pids.empty() ? "watchpoints of -c look in the program itself" : "");
  error.error_number = ENOENT;
  return error;
}

class WatchpointProvider : public Provider {
public:
  explicit WatchpointProvider(bool is_async) : is_async_(is_async) {}

  image::ProviderKind kind() const override { return image::ProviderKind::Watchpoint; }
  std::string_view name() const override { return is_async_ ? kAsyncName : "watchpoint"; }
  std::span<const std::string_view> aliases() const override {
    return is_async_ ? std::span<const std::string_view>(kAsyncAliases) : kAliases;
  }
  std::string_view syntax() const override {
    return is_async_ ? "asyncwatchpoint:FUNCTION+argN:LENGTH:MODE" : "watchpoint:{ADDRESS|FUNCTION+argN}:LENGTH:MODE";
  }
  std::string_view summary() const override {
    return is_async_ ? "as watchpoint, but the process does not wait until what an argument points at is watched"
                     : "memory of the traced process (-p, -c), else of the kernel, that is read, written or executed";
  }
  std::string_view needs() const override { return "CONFIG_HAVE_HW_BREAKPOINT, debug registers"; }
  std::string_view section() const override { return "perf_event"; }
  Scoping scoping() const override { return Scoping::ByEvent; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    auto parsed = parse_spec(spec, syntax());
    if (!parsed)
      return parsed.error();
    image::Target target;
    target.name = fmt::format("{}:{}", name(), spec);
    target.function = parsed->mode;
    target.address = parsed->address;
    target.count = parsed->length;
    // Which process it will be shows where the script runs.
    if (!parsed->function.empty() && options.kernel.is_the_one()) {
      auto found = find_function(spec, parsed->function, options);
      if (!found)
        return found.error();
      target.module = found->path;
      target.offset = found->offset;
      target.address = parsed->argument;
    }
    return std::vector<image::Target>{std::move(target)};
  }

  Result<Context> context(const image::Target &, kernel::Kernel &) const override {
    Context context;
    context.kind = ContextKind::PerfEvent;
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view, const MatchOptions &) const override {
    return std::vector<std::string>{std::string(syntax())};
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    // Addresses mean nothing in other processes than those that run the program.
    AttachOptions of_process = options;
    if (options.pids.empty() && options.child)
      of_process.pids = {*options.child};
    return attach_each(
        spec.targets,
        [&](const image::Target &target) {
          return target.module.empty() ? attach_at_address(program, spec, target, of_process)
                                       : attach_at_function(program, spec, target, of_process);
        },
        options);
  }

private:
  static PerfEventSpec event_of(const image::Target &target) {
    PerfEventSpec event{PERF_TYPE_BREAKPOINT, 0, 1};
    event.breakpoint = {target.address, target.count, parse_mode(target.function)};
    return event;
  }

  static Result<Attachments> attach_at_address(bpf_program *program, const image::ProgramSpec &spec,
                                               const image::Target &target, const AttachOptions &options) {
    image::ProgramSpec alone = spec;
    alone.targets = {target};
    AttachOptions reporting = options;
    reporting.refused = nullptr;
    return attach_perf_events(program, alone, PerfScope::EachProcess, event_of, reporting, refused);
  }

  static Result<Attachments> attach_at_function(bpf_program *program, const image::ProgramSpec &spec,
                                                const image::Target &target, const AttachOptions &options) {
    Attachments attachments;
    for (int pid : options.pids) {
      WatchedArgument wanted{target, static_cast<uint32_t>(target.address), pid, !target.name.starts_with(kAsyncName)};
      auto attachment = watch_argument(program, wanted, event_of(target), spec.needs_cookie, options.follow, refused);
      if (!attachment)
        return attachment.error();
      attachments.push_back(attachment.take());
    }
    return attachments;
  }

  bool is_async_;
};

}  // namespace

const Provider &watchpoint_provider() {
  static const WatchpointProvider row(false);
  return row;
}

const Provider &async_watchpoint_provider() {
  static const WatchpointProvider row(true);
  return row;
}

}  // namespace sonde::probes
