// begin and end: run once by the runtime itself, before anything is attached and after everything is
// detached.
#include <fmt/format.h>

#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

class OnceProvider : public Provider {
public:
  OnceProvider(image::ProviderKind kind, std::string_view name, std::string_view summary)
      : kind_(kind), name_(name), summary_(summary) {}

  image::ProviderKind kind() const override { return kind_; }
  std::string_view name() const override { return name_; }
  std::span<const std::string_view> aliases() const override { return {}; }  // case is ignored: BEGIN too
  std::string_view syntax() const override { return name_; }
  std::string_view summary() const override { return summary_; }
  std::string_view needs() const override { return "BPF_PROG_TEST_RUN (5.10)"; }
  // A raw tracepoint program can be run by BPF_PROG_TEST_RUN on every supported kernel.
  std::string_view section() const override { return "raw_tp"; }
  bool is_run_directly() const override { return true; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    if (!spec.empty())
      return Error{"use", fmt::format("{}:{}", name_, spec), fmt::format("'{}' takes no argument", name_),
                   fmt::format("write '{}' alone", name_)};
    image::Target target;
    target.name = std::string(name_);
    return std::vector<image::Target>{std::move(target)};
  }

  Result<Context> context(const image::Target &, kernel::Kernel &) const override { return Context{}; }

  Result<std::vector<std::string>> list(std::string_view, const MatchOptions &) const override {
    return std::vector<std::string>{std::string(name_)};
  }

  Result<Attachments> attach(bpf_program *, const image::ProgramSpec &, const AttachOptions &) const override {
    return Attachments{};
  }

private:
  image::ProviderKind kind_;
  std::string_view name_;
  std::string_view summary_;
};

}  // namespace

const Provider &begin_provider() {
  static const OnceProvider row(image::ProviderKind::Begin, "begin", "once, before the other probes are attached");
  return row;
}

const Provider &end_provider() {
  static const OnceProvider row(image::ProviderKind::End, "end", "once, after the other probes are detached");
  return row;
}

}  // namespace sonde::probes
