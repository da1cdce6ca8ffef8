// self, test and bench: programs that the runtime runs when it is asked to, by a signal or by an option.
#include <fmt/format.h>

#include <csignal>

#include "base/text.h"
#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

// What the three have in common: nothing to attach, and nothing in the context.
class RunProvider : public Provider {
public:
  std::span<const std::string_view> aliases() const override { return {}; }
  std::string_view needs() const override { return "BPF_PROG_TEST_RUN (5.10)"; }
  // A raw tracepoint program can be run by BPF_PROG_TEST_RUN on every supported kernel.
  std::string_view section() const override { return "raw_tp"; }
  bool is_run_directly() const override { return true; }
  Result<Context> context(const image::Target &, kernel::Kernel &) const override { return Context{}; }
  Result<Attachments> attach(bpf_program *, const image::ProgramSpec &, const AttachOptions &) const override {
    return Attachments{};
  }

protected:
  Result<std::vector<image::Target>> one_target(std::string_view spec, uint64_t count) const {
    image::Target target;
    target.name = fmt::format("{}:{}", name(), spec);
    target.function = std::string(spec);
    target.count = count;
    return std::vector<image::Target>{std::move(target)};
  }
  Error spec_error(std::string_view spec, std::string cause, std::string hint) const {
    return {"use", fmt::format("{}:{}", name(), spec), std::move(cause), std::move(hint)};
  }
};

struct NamedSignal {
  std::string_view name;
  int number;
};
// Those that do not end the run, stop the process or report its own mistakes.
constexpr NamedSignal kSignals[] = {{"SIGALRM", SIGALRM}, {"SIGCONT", SIGCONT}, {"SIGQUIT", SIGQUIT},
                                    {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGWINCH", SIGWINCH}};

class SelfProvider : public RunProvider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::SelfSignal; }
  std::string_view name() const override { return "self"; }
  std::string_view syntax() const override { return "self:signal:NAME"; }
  std::string_view summary() const override { return "a signal that is sent to sonde itself"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    constexpr std::string_view kEvent = "signal:";
    if (!spec.starts_with(kEvent))
      return spec_error(spec, "the event is a signal", "write self:signal:NAME, such as self:signal:SIGUSR1");
    std::string_view wanted = spec.substr(kEvent.size());
    std::vector<std::string> names;
    for (const NamedSignal &signal : kSignals) {
      if (signal.name == wanted)
        return one_target(spec, static_cast<uint64_t>(signal.number));
      names.emplace_back(signal.name);
    }
    std::string hint = did_you_mean(wanted, names);
    return spec_error(spec, fmt::format("'{}' is not a signal that a script can wait for", wanted),
                      hint.empty() ? fmt::format("these are: {}", fmt::join(names, ", ")) : hint);
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &) const override {
    std::vector<std::string> lines;
    for (const NamedSignal &signal : kSignals)
      if (std::string own = fmt::format("signal:{}", signal.name); matches_glob(spec, own))
        lines.push_back("self:" + own);
    return lines;
  }
};

class NamedProvider : public RunProvider {
public:
  NamedProvider(image::ProviderKind kind, std::string_view name, std::string_view syntax, std::string_view summary)
      : kind_(kind), name_(name), syntax_(syntax), summary_(summary) {}

  image::ProviderKind kind() const override { return kind_; }
  std::string_view name() const override { return name_; }
  std::string_view syntax() const override { return syntax_; }
  std::string_view summary() const override { return summary_; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    if (spec.empty() || has_glob(spec))
      return spec_error(spec, fmt::format("a {} has a name of its own", name_), fmt::format("write {}", syntax_));
    return one_target(spec, 0);
  }

  // Their names are the script's to give.
  Result<std::vector<std::string>> list(std::string_view, const MatchOptions &) const override {
    return std::vector<std::string>{fmt::format("{}:", name_)};
  }

private:
  image::ProviderKind kind_;
  std::string_view name_, syntax_, summary_;
};

}  // namespace

const Provider &self_provider() {
  static const SelfProvider row;
  return row;
}

const Provider &test_provider() {
  static const NamedProvider row(image::ProviderKind::Test, "test", "test:NAME",
                                 "once under --test, which reports whether it returned 0");
  return row;
}

const Provider &bench_provider() {
  static const NamedProvider row(image::ProviderKind::Bench, "bench", "bench:NAME",
                                 "many times under --bench, which reports what a run takes");
  return row;
}

}  // namespace sonde::probes
