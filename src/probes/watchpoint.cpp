// watchpoint: the CPU's debug registers tell when memory is read, written or executed.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "probes/location.h"
#include "probes/perf_event.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"w"};
constexpr std::string_view kSyntax = "watchpoint:ADDRESS:LENGTH:MODE";

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

class WatchpointProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Watchpoint; }
  std::string_view name() const override { return "watchpoint"; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return kSyntax; }
  std::string_view summary() const override {
    return "memory of the traced process (-p, -c), else of the kernel, that is read, written or executed";
  }
  std::string_view needs() const override { return "CONFIG_HAVE_HW_BREAKPOINT, debug registers"; }
  std::string_view section() const override { return "perf_event"; }
  Scoping scoping() const override { return Scoping::ByEvent; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    std::vector<std::string_view> parts = split(spec, ':');
    if (parts.size() != 3)
      return spec_error(spec, "an address, a length and a mode are needed",
                        fmt::format("write {}, such as watchpoint:0x601020:8:w", kSyntax));
    auto address = parse_number(parts[0]), length = parse_number(parts[1]);
    if (!address)
      return spec_error(spec, fmt::format("'{}' is not an address", parts[0]), "decimal, or hexadecimal behind 0x");
    if (!length || (*length != 1 && *length != 2 && *length != 4 && *length != 8))
      return spec_error(spec, fmt::format("'{}' is not a length that a CPU can watch", parts[1]), "1, 2, 4 or 8 bytes");
    if (*address % *length != 0)
      return spec_error(spec, fmt::format("the address is not a multiple of its {} bytes", *length),
                        "a CPU watches aligned memory only");
    uint32_t type = parse_mode(parts[2]);
    if (auto error = check_mode(spec, parts[2], type))
      return *error;
    image::Target target;
    target.name = fmt::format("watchpoint:{}", spec);
    target.function = std::string(parts[2]);
    target.address = *address;
    // Code is watched where an instruction starts, whatever its length.
    target.count = type == HW_BREAKPOINT_X ? sizeof(long) : *length;
    return std::vector<image::Target>{std::move(target)};
  }

  Result<Context> context(const image::Target &, kernel::Kernel &) const override {
    Context context;
    context.kind = ContextKind::PerfEvent;
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view, const MatchOptions &) const override {
    return std::vector<std::string>{"watchpoint:ADDRESS:LENGTH:MODE"};
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    // Addresses mean nothing in other processes than those that run the program.
    AttachOptions of_process = options;
    if (options.pids.empty() && options.child)
      of_process.pids = {*options.child};
    auto event_of = [](const image::Target &target) {
      PerfEventSpec event{PERF_TYPE_BREAKPOINT, 0, 1};
      event.breakpoint = {target.address, target.count, parse_mode(target.function)};
      return event;
    };
    return attach_perf_events(program, spec, PerfScope::EachProcess, event_of, of_process, refused);
  }
};

}  // namespace

const Provider &watchpoint_provider() {
  static const WatchpointProvider row;
  return row;
}

}  // namespace sonde::probes
