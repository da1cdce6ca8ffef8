// uprobe and uretprobe: entry and return of functions of programs and libraries.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <iterator>
#include <map>

#include "base/text.h"
#include "elf/binary.h"
#include "elf/instructions.h"
#include "elf/return_instructions.h"
#include "probes/binaries.h"
#include "probes/links.h"
#include "probes/location.h"
#include "probes/provider_rows.h"
#include "probes/uprobe_arguments.h"
#include "probes/uprobe_places.h"
#include "probes/uprobe_spec.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"u"};
constexpr std::string_view kReturnAliases[] = {"ur"};
// Newer than the distribution's linux/bpf.h.
constexpr auto kTraceUprobeMulti = static_cast<bpf_attach_type>(48);

// A function's return instructions, as they would be written behind its name: "main.area+14, main.area+32".
std::string return_places(const BinaryPath &file, elf::Binary &binary, const std::string &function) {
  constexpr size_t kMost = 6;
  const elf::Symbol *symbol = binary.symbols().find(function);
  auto code = symbol ? elf::read_code(elf::containing_file(file.path), symbol->file_offset, symbol->size)
                     : Result<std::string>(std::string());
  std::vector<uint64_t> offsets = code ? elf::return_offsets(*code) : std::vector<uint64_t>();
  std::string places;
  for (size_t i = 0; i < offsets.size() && i < kMost; ++i)
    places += fmt::format("{}{}+{}", i > 0 ? ", " : "", function, offsets[i]);
  return offsets.size() > kMost ? places + ", …" : places;
}

// The kernel catches a return by changing the return address on the stack. Go's runtime reads those addresses when it
// moves a stack that has grown, and ends the program at one that it does not know.
Error moves_its_stacks(const BinaryPath &file, elf::Binary &binary, const UprobeSpec &spec, const std::string &whole) {
  std::string places = spec.is_demangled ? std::string() : return_places(file, binary, spec.place.name);
  return {
      "use", whole,
      fmt::format("{} is a Go program, and a return probe ends such programs as soon as a stack grows", file.shown),
      fmt::format("uprobe:BINARY:FUNCTION+OFFSET at each of the function's ret instructions{} does no harm; --unsafe "
                  "sets the return probe all the same",
                  places.empty() ? places : fmt::format(" ({})", places))};
}

Result<std::vector<CodePlace>> places_in(const BinaryPath &file, const UprobeSpec &spec, const std::string &whole,
                                         bool is_return, const MatchOptions &options) {
  auto binary = options.binaries->open(file.path);
  if (!binary)
    return binary.error();
  auto places = find_places(file, **binary, spec, whole, options.unsafe);
  if (places && is_return && !options.unsafe && (*binary)->is_go())
    return moves_its_stacks(file, **binary, spec, whole);
  return places;
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
    return is_return_ ? "uretprobe:BINARY:{FUNCTION|cpp:\"NAME\"}"
                      : "uprobe:BINARY:{FUNCTION[+OFFSET]|cpp:\"NAME\"|ADDRESS} or uprobe:BINARY@FILE:LINE[:COLUMN]";
  }
  std::string_view summary() const override {
    return is_return_ ? "the return of a program's or library's function"
                      : "the entry of a program's or library's function, or a place in it";
  }
  std::string_view needs() const override { return "CONFIG_UPROBE_EVENTS; one link for many functions: 6.6"; }
  std::string_view section() const override { return is_return_ ? "uretprobe" : "uprobe"; }
  std::string_view mechanism(const bpf_program *program) const override {
    return bpf_program__expected_attach_type(program) == kTraceUprobeMulti ? "uprobe.multi" : "perf event";
  }
  Scoping scoping() const override { return Scoping::ByEvent; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override;
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override;
  Result<void> add_args(Context &context, const image::Target &target, const MatchOptions &options) const override;
  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override;
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override;
  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override;
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override;

private:
  image::Target make_target(const BinaryPath &file, const CodePlace &place) const;
  Result<std::shared_ptr<elf::Binary>> binary_of(const image::Target &target, const MatchOptions &options) const;
  std::optional<Error> check_form(const UprobeSpec &spec, const std::string &whole) const;
  Result<Attachments> attach_group(bpf_program *program, std::span<const image::Target *const> targets,
                                   const std::optional<int> &pid) const;
  Result<Attachments> attach_multi(bpf_program *program, const image::ProgramSpec &spec,
                                   const AttachOptions &options) const;
  Result<Attachments> attach_one(bpf_program *program, const image::Target &target, bool needs_cookie,
                                 const std::optional<int> &pid) const;

  bool is_return_;
};

image::Target UprobeProvider::make_target(const BinaryPath &file, const CodePlace &place) const {
  image::Target target;
  target.name = fmt::format("{}:{}{}", name(), file.shown, place.shown);
  target.module = elf::containing_file(file.path);
  target.function = place.function;
  target.offset = place.file_offset;
  return target;
}

std::optional<Error> UprobeProvider::check_form(const UprobeSpec &spec, const std::string &whole) const {
  if (is_return_ && (spec.place.offset || spec.place.address || spec.line))
    return Error{"use", whole, "a uretprobe is set on a whole function, not on a place in it",
                 "uprobe:BINARY:FUNCTION+OFFSET reaches a place"};
  if (spec.place.offset && (has_glob(spec.place.name) || spec.is_demangled))
    return Error{"use", whole, "an offset goes with the name of one function as the file has it", "name one function"};
  return std::nullopt;
}

Result<std::vector<image::Target>> UprobeProvider::match(std::string_view spec, const MatchOptions &options) const {
  std::string whole = fmt::format("{}:{}", name(), spec);
  auto parsed = parse_uprobe_spec(spec, whole);
  if (!parsed)
    return parsed.error();
  if (auto error = check_form(*parsed, whole))
    return *error;
  auto files = find_binaries(parsed->binary, options.pids);
  if (!files)
    return files.error();
  std::vector<image::Target> all;
  std::optional<Error> first_error;
  // Of the files that a pattern matches, those without the function (or without symbols) do not count.
  for (const BinaryPath &file : *files) {
    auto places = places_in(file, *parsed, whole, is_return_, options);
    if (!places && !first_error)
      first_error = places.error();
    if (places)
      for (const CodePlace &place : *places)
        all.push_back(make_target(file, place));
  }
  if (all.empty())
    return *first_error;
  return all;
}

Result<Context> UprobeProvider::context(const image::Target &target, kernel::Kernel &) const {
  Context context;
  context.kind = ContextKind::Registers;
  // Inside a function the argument registers hold something else already.
  context.has_numbered_args = !is_return_ && !target.function.empty();
  context.has_retval = is_return_;
  context.has_function = true;
  context.may_wait = true;
  context.pointers = AddressSpace::User;
  return context;
}

// The file that a target was found in: its name says which, as an archive has several.
Result<std::shared_ptr<elf::Binary>> UprobeProvider::binary_of(const image::Target &target,
                                                               const MatchOptions &options) const {
  auto spec = parse_uprobe_spec(std::string_view(target.name).substr(name().size() + 1), target.name);
  if (!spec)
    return spec.error();
  auto files = find_binaries(spec->binary, options.pids);
  return files ? options.binaries->open(files->front().path) : files.error();
}

Error no_arguments(const image::Target &target, elf::Binary &binary) {
  if (binary.is_go())
    return {
        "use", target.name, "the arguments of Go's functions have no names here: they are not where C has them",
        "reg(\"ax\"), reg(\"bx\"), reg(\"cx\"), reg(\"di\"), reg(\"si\") are the first words since Go 1.17, on x86-64"};
  return {"use", target.name,
          fmt::format("the names of its arguments are not known: {} has no debug information about {}", target.module,
                      target.function),
          "arg0, arg1, … need none; otherwise compile with -g or install the debug symbols"};
}

Result<void> UprobeProvider::add_args(Context &context, const image::Target &target,
                                      const MatchOptions &options) const {
  if (!context.has_numbered_args)
    return {};
  auto binary = binary_of(target, options);
  if (!binary)
    return binary.error();
  auto arguments = (*binary)->arguments_at(target.offset);
  if (!arguments)
    return no_arguments(target, **binary);
  set_args(*arguments, context);
  context.types = {*binary, &(*binary)->types()};
  return {};
}

Result<std::vector<std::string>> UprobeProvider::arguments(std::string_view spec, const MatchOptions &options) const {
  std::vector<std::string> lines;
  auto targets = match(spec, options);
  if (!targets || is_return_ || targets->front().function.empty())
    return lines;
  auto binary = binary_of(targets->front(), options);
  if (!binary)
    return binary.error();
  if (auto arguments = (*binary)->arguments_at(targets->front().offset))
    for (elf::Parameter &parameter : arguments->parameters)
      lines.push_back(std::move(parameter.declaration));
  return lines;
}

// There is no set of all binaries: only a spec that names one lists something, or a process that runs some.
Result<std::vector<std::string>> UprobeProvider::list(std::string_view spec, const MatchOptions &options) const {
  std::vector<std::string> lines;
  std::string_view rest = spec;
  std::string binary = take_part(rest);
  if (binary.find_first_not_of('*') == std::string::npos && options.pids.empty())
    return lines;
  auto targets = match(rest.empty() ? binary + ":*" : std::string(spec), options);
  if (!targets)
    return targets.error();
  for (image::Target &target : *targets)
    lines.push_back(std::move(target.name));
  return lines;
}

// One link for all functions of a binary: it attaches and, above all, detaches in one step. Its pid
// filter knew the main thread only before 6.10.
void UprobeProvider::prepare(bpf_program *program, const image::ProgramSpec &, const AttachOptions &options) const {
  if (options.only_process() && options.kernel.version() < kernel::KernelVersion{6, 10, 0})
    return;
  if (options.kernel.has(kernel::Feature::UprobeMulti))
    bpf_program__set_expected_attach_type(program, kTraceUprobeMulti);
}

// One link for some functions of one binary.
Result<Attachments> UprobeProvider::attach_group(bpf_program *program, std::span<const image::Target *const> targets,
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
        targets, [&](auto group) { return attach_group(program, group, options.only_process()); }, options);
    if (!attached)
      return attached.error();
    std::move(attached->begin(), attached->end(), std::back_inserter(attachments));
  }
  return attachments;
}

Result<Attachments> UprobeProvider::attach_one(bpf_program *program, const image::Target &target, bool needs_cookie,
                                               const std::optional<int> &pid) const {
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
  return attach_each(
      spec.targets,
      [&](const image::Target &target) {
        return attach_one(program, target, spec.needs_cookie, options.only_process());
      },
      options);
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
