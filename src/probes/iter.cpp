// iter: the kernel goes through all objects of one kind and runs the program for each.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

#include "base/text.h"
#include "probes/links.h"
#include "probes/pinned_link.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"it"};

Error spec_error(std::string_view spec, std::string cause, std::string hint, int error_number = 0) {
  return {"use", fmt::format("iter:{}", spec), std::move(cause), std::move(hint), error_number};
}

// Reading the iterator's file makes the kernel go on. It happens in a thread, so that records are taken from the ring
// buffer meanwhile.
class Iteration : public Attachment {
public:
  Iteration(bpf_link *link, int file, int end) : link_(link), file_(file), end_(end), reader_([this] { read_all(); }) {}
  ~Iteration() override {
    stops_ = true;
    reader_.join();
    close(file_);
    close(end_);
    bpf_link__destroy(link_);
  }
  Iteration(const Iteration &) = delete;
  Iteration &operator=(const Iteration &) = delete;
  int end_fd() const override { return end_; }

private:
  void read_all() {
    // The programs write no text: what comes back is the end, or a pause after a million objects.
    char text[256];
    ssize_t got = 0;
    do
      got = read(file_, text, sizeof text);
    while (!stops_ && (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))));
    const uint64_t one = 1;
    while (write(end_, &one, sizeof one) < 0 && errno == EINTR)
      ;
  }

  bpf_link *link_;
  int file_, end_;
  std::atomic<bool> stops_ = false;
  std::thread reader_;  // last: it uses the others
};

Error refused(const std::string &target, int error_number) {
  return attach_error(target, error_number,
                      {{EINVAL, "the kernel has no such iterator, or wants it to have a map", ""},
                       {ENOENT, "the kernel has no such iterator", "sonde -l 'iter:*' lists them"},
                       {EOPNOTSUPP, "this kernel was built without iterators", ""}});
}

Result<Attachments> iterate(bpf_link *link, const image::Target &target) {
  int file = bpf_iter_create(bpf_link__fd(link));
  int end = file < 0 ? -1 : eventfd(0, EFD_CLOEXEC);
  if (end < 0) {
    Error error = refused(target.name, errno);
    bpf_link__destroy(link);
    if (file >= 0)
      close(file);
    return error;
  }
  Attachments attachments;
  attachments.push_back(std::make_unique<Iteration>(link, file, end));
  return attachments;
}

class IterProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Iter; }
  std::string_view name() const override { return "iter"; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return "iter:OBJECT[:PIN]"; }
  std::string_view summary() const override { return "for each object of a kind that the kernel has, then the end"; }
  std::string_view needs() const override { return "5.8 and BTF"; }
  std::string_view section() const override { return "iter"; }
  std::string_view mechanism(const bpf_program *) const override { return "BPF iterator"; }
  Scoping scoping() const override { return Scoping::Impossible; }
  // The kernel checks a program against the one iterator that it is for.
  std::string group(const image::Target &target) const override { return target.name; }
  bool is_alone() const override { return true; }

  Result<std::vector<image::Target>> match(std::string_view whole, const MatchOptions &options) const override {
    size_t colon = std::min(whole.find(':'), whole.size());
    std::string_view spec = whole.substr(0, colon), pin = whole.substr(std::min(colon + 1, whole.size()));
    if (colon < whole.size() && (pin.empty() || pin.ends_with('/')))
      return spec_error(whole, "the name of the pin is missing", fmt::format("such as iter:{}:list", spec));
    if (spec.empty() || has_glob(spec))
      return spec_error(spec, "the name of one iterator is needed", "such as iter:task; sonde -l 'iter:*' lists them");
    auto names = options.kernel.iterators(spec);
    if (!names)
      return names.error();
    if (names->empty()) {
      auto all = options.kernel.iterators("*");
      std::string hint = all ? did_you_mean(spec, *all) : std::string();
      return spec_error(spec, fmt::format("the kernel has no iterator '{}'", spec),
                        hint.empty() ? "sonde -l 'iter:*' lists them" : hint, ENOENT);
    }
    image::Target target;
    target.name = fmt::format("iter:{}", whole);
    target.module = pin.empty() ? std::string() : pin_path(pin);
    target.function = std::string(spec);
    return std::vector<image::Target>{std::move(target)};
  }

  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    auto type = context_type(target.function, kernel);
    if (!type)
      return type.error();
    Context context;
    context.kind = ContextKind::Iterator;
    context.whole = type.take();
    context.is_pinned = !target.module.empty();
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    auto names = options.kernel.iterators(spec);
    if (names)
      for (std::string &found : *names)
        found = fmt::format("iter:{}", found);
    return names;
  }

  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override {
    auto type = context_type(spec, options.kernel);
    if (!type)
      return type.error();
    std::vector<std::string> lines;
    for (const Field &field : type->layout->fields)
      for (const Field &part : field.name.empty() ? field.type.layout->fields : std::vector<Field>{field})
        lines.push_back(fmt::format("{} ctx.{}", to_string(part.type), part.name));
    return lines;
  }

  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &) const override {
    bpf_program__set_attach_target(program, 0, spec.targets.front().function.c_str());
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    auto attach_one = [&](const image::Target &target) -> Result<Attachments> {
      bpf_link *link = bpf_program__attach_iter(program, nullptr);
      if (!link)
        return refused(target.name, errno);
      if (target.module.empty())
        return iterate(link, target);
      return options.is_trial ? own_link(link) : pin_link(link, target.name, target.module);
    };
    return attach_each(spec.targets, attach_one, options);
  }

private:
  static Result<Type> context_type(std::string_view iterator, kernel::Kernel &kernel) {
    auto type = kernel.type(fmt::format("struct bpf_iter__{}", iterator));
    if (!type)
      return type.error();
    if (!*type || !(**type).layout)
      return spec_error(iterator, "the kernel does not know the types of that iterator", "", ENOENT);
    return **type;
  }
};

}  // namespace

const Provider &iter_provider() {
  static const IterProvider row;
  return row;
}

}  // namespace sonde::probes
