// profile: the program runs on every CPU at a fixed rate and sees what was interrupted.
#include "probes/provider_rows.h"
#include "probes/rate.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kName = "profile";
constexpr std::string_view kAliases[] = {"p"};

class ProfileProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Profile; }
  std::string_view name() const override { return kName; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return "profile:DURATION, profile:{s|ms|us|hz}:N"; }
  std::string_view summary() const override { return "at a fixed rate, on every CPU"; }
  std::string_view needs() const override { return "perf events"; }
  std::string_view section() const override { return "perf_event"; }
  Scoping scoping() const override { return Scoping::ByEvent; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    return match_rate(kName, spec);
  }

  Result<Context> context(const image::Target &, kernel::Kernel &) const override {
    Context context;
    context.kind = ContextKind::PerfEvent;
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &) const override {
    return list_rates(kName, spec);
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    return attach_perf_events(program, spec, PerfScope::Everywhere, clock_event, options);
  }
};

}  // namespace

const Provider &profile_provider() {
  static const ProfileProvider row;
  return row;
}

}  // namespace sonde::probes
