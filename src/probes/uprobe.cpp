// uprobe and uretprobe: entry and return of functions of programs and libraries.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"
#include "elf/instructions.h"
#include "elf/symbol_table.h"
#include "probes/binaries.h"
#include "probes/links.h"
#include "probes/location.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"u"};
constexpr std::string_view kReturnAliases[] = {"ur"};
// Newer than the distribution's linux/bpf.h.
constexpr auto kTraceUprobeMulti = static_cast<bpf_attach_type>(48);

// What follows "uprobe:", taken apart.
struct UprobeSpec {
  std::string binary;  // may be a glob
  CodeLocation place;  // its name may be a glob
};

Result<UprobeSpec> parse_spec(std::string_view spec, const std::string &whole) {
  UprobeSpec parsed;
  std::string_view rest = spec;
  parsed.binary = take_part(rest);
  if (parsed.binary.empty() || rest.empty()) {
    std::string_view provider = std::string_view(whole).substr(0, whole.find(':'));
    return Error{"use", whole, "a binary and a function in it are needed",
                 fmt::format("write {}:BINARY:FUNCTION, such as {}:/bin/bash:readline", provider, provider)};
  }
  auto place = parse_location(rest, whole);
  if (!place)
    return place.error();
  parsed.place = place.take();
  return parsed;
}

Error no_function(const std::string &whole, const std::string &name, const Binary &binary,
                  const elf::SymbolTable &symbols) {
  if (symbols.functions().empty())
    return {"use", whole, fmt::format("{} has no symbols of functions", binary.shown),
            "it was stripped: install its debug symbols, or name an address", ENOENT};
  if (has_glob(name))
    return {"use", whole, fmt::format("no function in {} matches '{}'", binary.shown, name), {}, ENOENT};
  std::vector<std::string> names;
  for (const elf::Symbol &symbol : symbols.functions())
    names.push_back(symbol.name);
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint = fmt::format("sonde -l 'uprobe:{}:*' lists them", binary.shown);
  return {"use", whole, fmt::format("there is no function '{}' in {}", name, binary.shown), std::move(hint), ENOENT};
}

// A breakpoint that overwrites the middle of an instruction makes the traced program crash or, worse,
// compute something else.
std::optional<Error> check_boundary(const Binary &binary, const elf::Symbol &symbol, uint64_t offset,
                                    const std::string &whole) {
  if (offset == 0 || offset >= symbol.size)
    return std::nullopt;
  auto code = elf::read_code(binary.path, symbol.file_offset, symbol.size);
  if (!code)
    return code.error();
  if (elf::starts_instruction(*code, offset).value_or(true))
    return std::nullopt;
  return Error{"use", whole, fmt::format("{}+{} is in the middle of an instruction", symbol.name, offset),
               "a probe there would crash the program; objdump -d shows where instructions start, --unsafe allows it"};
}

Error refused(const std::string &target, int error_number) {
  constexpr int kNotSupported = 524;  // ENOTSUPP, which the C library does not know
  return attach_error(target, error_number,
                      {{ENOENT, "the binary is not there any more", ""},
                       {ESRCH, "the traced process has ended", ""},
                       {EINVAL, "the kernel does not allow a probe there (the file's kind or the offset is wrong)", ""},
                       {EIO, "the place is outside the file's code", ""},
                       {ENOEXEC, "the place is not at the start of an instruction", ""},
                       {EBADF, "it is not a regular file", ""},
                       {EOPNOTSUPP, "that instruction cannot be probed", ""},
                       {kNotSupported, "that instruction cannot be probed", ""},
                       {ETXTBSY, "the binary is open for writing", ""}});
}

class UprobeProvider : public Provider {
public:
  explicit UprobeProvider(bool is_return) : is_return_(is_return) {}

  image::ProviderKind kind() const override {
    return is_return_ ? image::ProviderKind::Uretprobe : image::ProviderKind::Uprobe;
  }
  std::string_view name() const override { return is_return_ ? "uretprobe" : "uprobe"; }
  std::span<const std::string_view> aliases() const override {
    return is_return_ ? std::span(kReturnAliases) : std::span(kEntryAliases);
  }
  std::string_view syntax() const override {
    return is_return_ ? "uretprobe:BINARY:FUNCTION" : "uprobe:BINARY:{FUNCTION[+OFFSET]|ADDRESS}";
  }
  std::string_view summary() const override {
    return is_return_ ? "the return of a program's or library's function"
                      : "the entry of a program's or library's function, or a place in it";
  }
  std::string_view section() const override { return is_return_ ? "uretprobe" : "uprobe"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override;
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override;
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override;
  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override;
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override;

private:
  image::Target make_target(const Binary &binary, std::string place, uint64_t file_offset) const;
  std::optional<Error> check_form(const UprobeSpec &spec, const std::string &whole) const;
  Result<std::vector<image::Target>> match_in(const Binary &binary, const UprobeSpec &spec, const std::string &whole,
                                              bool unsafe) const;
  Result<std::vector<image::Target>> match_address(const Binary &binary, const elf::SymbolTable &symbols,
                                                   uint64_t address, const std::string &whole, bool unsafe) const;
  Result<std::vector<image::Target>> match_function(const Binary &binary, const elf::SymbolTable &symbols,
                                                    const CodeLocation &place, const std::string &whole,
                                                    bool unsafe) const;
  std::vector<image::Target> match_pattern(const Binary &binary, const elf::SymbolTable &symbols,
                                           std::string_view pattern) const;
  Result<std::unique_ptr<Attachment>> attach_group(bpf_program *program, std::span<const image::Target *const> targets,
                                                   const std::optional<int> &pid) const;
  Result<Attachments> attach_multi(bpf_program *program, const image::ProgramSpec &spec,
                                   const AttachOptions &options) const;
  Result<std::unique_ptr<Attachment>> attach_one(bpf_program *program, const image::Target &target, bool needs_cookie,
                                                 const std::optional<int> &pid) const;

  bool is_return_;
};

image::Target UprobeProvider::make_target(const Binary &binary, std::string place, uint64_t file_offset) const {
  image::Target target;
  target.name = fmt::format("{}:{}:{}", name(), binary.shown, place);
  target.module = binary.path;
  target.function = std::move(place);
  target.offset = file_offset;
  return target;
}

std::optional<Error> UprobeProvider::check_form(const UprobeSpec &spec, const std::string &whole) const {
  if (is_return_ && (spec.place.offset || spec.place.address))
    return Error{"use", whole, "a uretprobe is set on a whole function, not on a place in it",
                 "uprobe:BINARY:FUNCTION+OFFSET reaches a place"};
  if (spec.place.offset && has_glob(spec.place.name))
    return Error{"use", whole, "an offset and a wildcard do not go together", "name one function"};
  return std::nullopt;
}

Result<std::vector<image::Target>> UprobeProvider::match_address(const Binary &binary, const elf::SymbolTable &symbols,
                                                                 uint64_t address, const std::string &whole,
                                                                 bool unsafe) const {
  auto offset = symbols.file_offset_of(address);
  if (!offset)
    return Error{"use", whole, fmt::format("address {:#x} is outside the code of {}", address, binary.shown),
                 "addresses are the file's own, as nm and objdump show them"};
  image::Target target = make_target(binary, fmt::format("{}", address), *offset);
  const elf::Symbol *symbol = symbols.containing_offset(*offset);
  if (symbol && !unsafe)
    if (auto error = check_boundary(binary, *symbol, *offset - symbol->file_offset, whole))
      return *error;
  target.function = symbol ? symbol->name : std::string();
  return std::vector<image::Target>{std::move(target)};
}

Result<std::vector<image::Target>> UprobeProvider::match_function(const Binary &binary, const elf::SymbolTable &symbols,
                                                                  const CodeLocation &place, const std::string &whole,
                                                                  bool unsafe) const {
  const elf::Symbol *symbol = symbols.find(place.name);
  if (!symbol)
    return no_function(whole, place.name, binary, symbols);
  if (place.offset && place.offset >= symbol->size)
    return Error{"use",
                 whole,
                 fmt::format("the offset is past the end of {}, which has {} bytes", place.name, symbol->size),
                 {}};
  if (!unsafe)
    if (auto error = check_boundary(binary, *symbol, place.offset, whole))
      return *error;
  std::string shown = place.offset ? fmt::format("{}+{}", place.name, place.offset) : place.name;
  image::Target target = make_target(binary, shown, symbol->file_offset + place.offset);
  target.function = place.name;
  return std::vector<image::Target>{std::move(target)};
}

// Aliases of one place count once: a hit there would run the program once for each name.
std::vector<image::Target> UprobeProvider::match_pattern(const Binary &binary, const elf::SymbolTable &symbols,
                                                         std::string_view pattern) const {
  std::vector<image::Target> targets;
  std::set<uint64_t> taken;
  for (const elf::Symbol &symbol : symbols.functions())
    if (matches_glob(pattern, symbol.name) && taken.insert(symbol.file_offset).second)
      targets.push_back(make_target(binary, symbol.name, symbol.file_offset));
  std::sort(targets.begin(), targets.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
  return targets;
}

Result<std::vector<image::Target>> UprobeProvider::match_in(const Binary &binary, const UprobeSpec &spec,
                                                            const std::string &whole, bool unsafe) const {
  auto symbols = elf::read_symbols(binary.path);
  if (!symbols)
    return symbols.error();
  if (spec.place.address)
    return match_address(binary, **symbols, *spec.place.address, whole, unsafe);
  if (!has_glob(spec.place.name))
    return match_function(binary, **symbols, spec.place, whole, unsafe);
  auto targets = match_pattern(binary, **symbols, spec.place.name);
  if (targets.empty())
    return no_function(whole, spec.place.name, binary, **symbols);
  return targets;
}

Result<std::vector<image::Target>> UprobeProvider::match(std::string_view spec, const MatchOptions &options) const {
  std::string whole = fmt::format("{}:{}", name(), spec);
  auto parsed = parse_spec(spec, whole);
  if (!parsed)
    return parsed.error();
  if (auto error = check_form(*parsed, whole))
    return *error;
  auto binaries = find_binaries(parsed->binary, options.pid);
  if (!binaries)
    return binaries.error();
  std::vector<image::Target> all;
  std::optional<Error> first_error;
  // Of the files that a pattern matches, those without the function (or without symbols) do not count.
  for (const Binary &binary : *binaries) {
    auto targets = match_in(binary, *parsed, whole, options.unsafe);
    if (!targets && !first_error)
      first_error = targets.error();
    if (targets)
      for (image::Target &target : *targets)
        all.push_back(std::move(target));
  }
  if (all.empty())
    return *first_error;
  return all;
}

Result<Context> UprobeProvider::context(const image::Target &target, kernel::Kernel &) const {
  Context context;
  context.kind = ContextKind::Registers;
  // Inside a function the argument registers hold something else already.
  context.has_numbered_args = !is_return_ && target.name.find('+') == std::string::npos;
  context.has_retval = is_return_;
  context.has_function = true;
  context.pointers = AddressSpace::User;
  return context;
}

// There is no set of all binaries: only a spec that names one lists something.
Result<std::vector<std::string>> UprobeProvider::list(std::string_view spec, const MatchOptions &options) const {
  std::vector<std::string> lines;
  std::string_view rest = spec;
  std::string binary = take_part(rest);
  if (binary.find_first_not_of('*') == std::string::npos)
    return lines;
  std::string pattern = rest.empty() ? "*" : take_part(rest);
  auto binaries = find_binaries(binary, options.pid);
  if (!binaries)
    return binaries.error();
  for (const Binary &file : *binaries) {
    auto symbols = elf::read_symbols(file.path);
    if (!symbols && binaries->size() == 1)
      return symbols.error();
    if (!symbols)
      continue;
    for (const image::Target &target : match_pattern(file, **symbols, pattern))
      lines.push_back(target.name);
  }
  return lines;
}

// One link for all functions of a binary: it attaches and, above all, detaches in one step. Its pid
// filter knew the main thread only before 6.10.
void UprobeProvider::prepare(bpf_program *program, const image::ProgramSpec &, const AttachOptions &options) const {
  if (options.pid && options.kernel.version() < kernel::KernelVersion{6, 10, 0})
    return;
  if (options.kernel.has(kernel::Feature::UprobeMulti))
    bpf_program__set_expected_attach_type(program, kTraceUprobeMulti);
}

// One link for some functions of one binary.
Result<std::unique_ptr<Attachment>> UprobeProvider::attach_group(bpf_program *program,
                                                                 std::span<const image::Target *const> targets,
                                                                 const std::optional<int> &pid) const {
  std::vector<unsigned long> offsets;
  std::vector<unsigned long> semaphores;
  std::vector<__u64> cookies;
  for (const image::Target *target : targets) {
    offsets.push_back(target->offset);
    semaphores.push_back(target->semaphore);
    cookies.push_back(target->name_index);
  }
  LIBBPF_OPTS(bpf_uprobe_multi_opts, options);
  options.offsets = offsets.data();
  options.ref_ctr_offsets = semaphores.data();
  options.cookies = cookies.data();
  options.cnt = offsets.size();
  options.retprobe = is_return_;
  bpf_link *link =
      bpf_program__attach_uprobe_multi(program, pid.value_or(-1), targets.front()->module.c_str(), nullptr, &options);
  if (!link)
    return refused(targets.front()->name, errno);
  return own_link(link);
}

Result<Attachments> UprobeProvider::attach_multi(bpf_program *program, const image::ProgramSpec &spec,
                                                 const AttachOptions &options) const {
  std::map<std::string, std::vector<const image::Target *>> by_binary;
  for (const image::Target &target : spec.targets)
    by_binary[target.module].push_back(&target);
  Attachments attachments;
  for (const auto &[path, targets] : by_binary) {
    auto attached = attach_in_groups(
        targets, [&](auto group) { return attach_group(program, group, options.pid); }, options);
    if (!attached)
      return attached.error();
    std::move(attached->begin(), attached->end(), std::back_inserter(attachments));
  }
  return attachments;
}

Result<std::unique_ptr<Attachment>> UprobeProvider::attach_one(bpf_program *program, const image::Target &target,
                                                               bool needs_cookie, const std::optional<int> &pid) const {
  LIBBPF_OPTS(bpf_uprobe_opts, options);
  options.retprobe = is_return_;
  options.ref_ctr_offset = target.semaphore;
  if (needs_cookie)
    options.bpf_cookie = target.name_index;
  bpf_link *link =
      bpf_program__attach_uprobe_opts(program, pid.value_or(-1), target.module.c_str(), target.offset, &options);
  if (!link)
    return refused(target.name, errno);
  return own_link(link);
}

Result<Attachments> UprobeProvider::attach(bpf_program *program, const image::ProgramSpec &spec,
                                           const AttachOptions &options) const {
  if (bpf_program__expected_attach_type(program) == kTraceUprobeMulti)
    return attach_multi(program, spec, options);
  Attachments attachments;
  for (const image::Target &target : spec.targets) {
    auto attached = attach_one(program, target, spec.needs_cookie, options.pid);
    if (attached)
      attachments.push_back(attached.take());
    else if (!options.skip_refused(attached.error()))
      return attached.error();
  }
  return attachments;
}

}  // namespace

const Provider &uprobe_provider() {
  static const UprobeProvider row(false);
  return row;
}

const Provider &uretprobe_provider() {
  static const UprobeProvider row(true);
  return row;
}

}  // namespace sonde::probes
