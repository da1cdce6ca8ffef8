// usdt: probes that the authors of a program put into it, with the arguments that they chose.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "elf/binary.h"
#include "probes/binaries.h"
#include "probes/links.h"
#include "probes/location.h"
#include "probes/provider_rows.h"
#include "probes/usdt_arguments.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"U"};
constexpr std::string_view kSyntax = "usdt:BINARY:[PROVIDER:]PROBE";

struct UsdtSpec {
  std::string binary;  // each may be a glob
  std::string provider = "*";
  std::string probe;
};

Result<UsdtSpec> parse_spec(std::string_view spec) {
  UsdtSpec parsed;
  std::string_view rest = spec;
  parsed.binary = take_part(rest);
  parsed.probe = take_part(rest);
  if (!rest.empty()) {
    parsed.provider = parsed.probe;
    parsed.probe = take_part(rest);
  }
  if (parsed.provider.empty())
    parsed.provider = "*";
  if (parsed.binary.empty() || parsed.probe.empty() || !rest.empty())
    return Error{"use", fmt::format("usdt:{}", spec), "a binary and a probe in it are needed",
                 fmt::format("write {}", kSyntax)};
  return parsed;
}

std::string full_name(const BinaryPath &binary, const elf::UsdtNote &note) {
  return fmt::format("usdt:{}:{}:{}", binary.shown, note.provider, note.name);
}

Error no_probe(std::string_view spec, const UsdtSpec &wanted, const BinaryPath &binary,
               const std::vector<elf::UsdtNote> &notes) {
  std::string whole = fmt::format("usdt:{}", spec);
  if (notes.empty())
    return {"use", whole, fmt::format("{} has no static probes", binary.shown),
            "it was built without sys/sdt.h, or they were switched off; a uprobe needs none", ENOENT};
  std::vector<std::string> names;
  for (const elf::UsdtNote &note : notes)
    names.push_back(note.name);
  std::string hint = has_glob(wanted.probe) ? std::string() : did_you_mean(wanted.probe, names);
  if (hint.empty())
    hint = fmt::format("sonde -l 'usdt:{}:*' lists them", binary.shown);
  return {"use", whole, fmt::format("there is no static probe '{}' in {}", wanted.probe, binary.shown), std::move(hint),
          ENOENT};
}

Error never_fires(const BinaryPath &binary, const elf::UsdtNote &note) {
  return {"use", full_name(binary, note),
          fmt::format("{} has no bytes for the counter that turns it on, so it never fires", binary.shown),
          "a uprobe of the function that it is in needs no counter"};
}

Result<std::vector<image::Target>> match_in(const BinaryPath &binary, const UsdtSpec &wanted, std::string_view spec,
                                            elf::Binaries &binaries) {
  auto opened = binaries.open(binary.path);
  if (!opened)
    return opened.error();
  const std::vector<elf::UsdtNote> &notes = (*opened)->usdt_notes();
  std::vector<image::Target> targets;
  std::optional<Error> lost;  // of a pattern's matches, those that can never fire do not count
  for (const elf::UsdtNote &note : notes) {
    if (!matches_glob(wanted.provider, note.provider) || !matches_glob(wanted.probe, note.name))
      continue;
    if (note.has_lost_semaphore) {
      lost = never_fires(binary, note);
      continue;
    }
    image::Target &target = targets.emplace_back();
    target.name = full_name(binary, note);
    target.module = elf::containing_file(binary.path);
    target.function = note.name;
    target.offset = note.file_offset;
    target.semaphore = note.semaphore;
    target.arguments = note.arguments;
  }
  if (targets.empty())
    return lost ? *lost : no_probe(spec, wanted, binary, notes);
  std::stable_sort(targets.begin(), targets.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
  return targets;
}

class UsdtProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Usdt; }
  std::string_view name() const override { return "usdt"; }
  // The lower-case letter is uprobe's.
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return kSyntax; }
  std::string_view summary() const override { return "a place that the authors of a program or library marked"; }
  std::string_view needs() const override { return "CONFIG_UPROBE_EVENTS"; }
  std::string_view section() const override { return uprobe_provider().section(); }
  std::string_view mechanism(const bpf_program *program) const override { return uprobe_provider().mechanism(program); }
  Scoping scoping() const override { return Scoping::ByEvent; }
  std::string group(const image::Target &target) const override { return target.arguments; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    auto wanted = parse_spec(spec);
    if (!wanted)
      return wanted.error();
    auto binaries = find_binaries(wanted->binary, options.pids);
    if (!binaries)
      return binaries.error();
    std::vector<image::Target> all;
    std::optional<Error> first_error;
    for (const BinaryPath &binary : *binaries) {
      auto targets = match_in(binary, *wanted, spec, *options.binaries);
      if (!targets && !first_error)
        first_error = targets.error();
      if (targets)
        all.insert(all.end(), targets->begin(), targets->end());
    }
    if (all.empty())
      return *first_error;
    return all;
  }

  Result<Context> context(const image::Target &target, kernel::Kernel &) const override {
    Context context;
    context.kind = ContextKind::Registers;
    context.pointers = AddressSpace::User;
    context.has_function = true;
    context.may_wait = true;
    context.has_numbered_args = true;
    context.usdt_arguments = parse_usdt_arguments(target.arguments);
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    std::vector<std::string> lines;
    std::string_view rest = spec;
    std::string binary = take_part(rest);
    // There is no set of all binaries, but one of those that a process runs.
    if (binary.find_first_not_of('*') == std::string::npos && options.pids.empty())
      return lines;
    auto targets = match(rest.empty() ? binary + ":*" : std::string(spec), options);
    if (!targets)
      return targets.error();
    for (image::Target &target : *targets)
      if (lines.empty() || lines.back() != target.name)
        lines.push_back(std::move(target.name));
    return lines;
  }

  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override {
    uprobe_provider().prepare(program, spec, options);
  }
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    return uprobe_provider().attach(program, spec, options);
  }
};

}  // namespace

const Provider &usdt_provider() {
  static const UsdtProvider row;
  return row;
}

}  // namespace sonde::probes
