// Attaches one by one and detaches from many threads: most of a detach is waiting for the kernel's
// grace period, and those overlap. Raw tracepoints need not wait at all.
#include "runtime/attach.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <system_error>
#include <thread>

namespace sonde::runtime {
namespace {

constexpr size_t kMaxThreads = 32;
// A wildcard can meet thousands of refusals for one reason.
constexpr size_t kShownRefusals = 5;

void warn_of_refused(const std::vector<Error> &refused, size_t wanted) {
  if (refused.empty())
    return;
  for (size_t i = 0; i < std::min(refused.size(), kShownRefusals); ++i)
    fmt::print(stderr, "WARNING: {}\n", refused[i].message());
  if (refused.size() > kShownRefusals)
    fmt::print(stderr, "WARNING: and {} more like these\n", refused.size() - kShownRefusals);
  fmt::print(stderr, "WARNING: attached {} of {} probes\n", wanted - refused.size(), wanted);
}

// Backwards: of several on one tracepoint the kernel waits for a grace period, 10 ms, when the one that it calls first
// goes, unless that is the last one (tracepoint_remove_func() in kernel/tracepoint.c).
void detach_raw_tracepoints(std::vector<HeldAttachment> &all) {
  for (auto held = all.rbegin(); held != all.rend(); ++held)
    if (held->is_raw_tracepoint)
      held->attachment.reset();
  std::erase_if(all, [](const HeldAttachment &held) { return held.is_raw_tracepoint; });
}

}  // namespace

Result<size_t> Attachments::attach(const image::ProgramImage &image, const LoadedObject &object,
                                   const probes::AttachOptions &options, Signals &signals) {
  std::vector<Error> refused;
  probes::AttachOptions gathering = options;
  if (image.config.missing_probes != "error")
    gathering.refused = &refused;
  size_t wanted = 0;
  for (const image::ProgramSpec &spec : image.programs) {
    const probes::Provider &provider = probes::provider(spec.provider);
    if (spec.targets.empty())
      continue;
    Cost &cost = cost_of(spec.function);
    if (provider.is_run_directly())
      continue;
    if (signals.received())
      return refused.size();
    wanted += spec.targets.size();
    size_t refused_before = refused.size();
    bpf_program *program = object.program(spec.function);
    auto made = provider.attach(program, spec, gathering);
    if (!made && !gathering.refused)
      return made.error();
    if (!made)
      refused.insert(refused.end(), spec.targets.size(), made.error());
    cost.mechanism = provider.mechanism(program);
    cost.probes += spec.targets.size() - (refused.size() - refused_before);
    cost.attachments += made ? made->size() : 0;
    bool is_raw_tracepoint = bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT;
    if (made)
      for (std::unique_ptr<probes::Attachment> &attachment : *made)
        all_.push_back({std::move(attachment), is_raw_tracepoint});
  }
  if (!refused.empty() && refused.size() == wanted)
    return refused.front();
  if (image.config.missing_probes == "warn")
    warn_of_refused(refused, wanted);
  return refused.size();
}

Attachments::Cost &Attachments::cost_of(const std::string &function) {
  auto known = std::find_if(costs_.begin(), costs_.end(), [&](const Cost &cost) { return cost.function == function; });
  return known != costs_.end() ? *known : costs_.emplace_back(Cost{function, {}, 0, 0});
}

void Attachments::print_cost() const {
  auto counted = [](size_t count, const char *what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  size_t attachments = 0;
  for (const Cost &cost : costs_) {
    attachments += cost.attachments;
    if (cost.mechanism.empty())
      fmt::print(stderr, "{}: run by sonde itself\n", cost.function);
    else
      fmt::print(stderr, "{}: {} by {}, {}\n", cost.function, counted(cost.probes, "probe"), cost.mechanism,
                 counted(cost.attachments, "attachment"));
  }
  fmt::print(stderr, "{}, {}\n", counted(costs_.size(), "program"), counted(attachments, "attachment"));
}

std::vector<std::string> Attachments::pins() const {
  std::vector<std::string> pins;
  for (const HeldAttachment &held : all_)
    if (std::string pin = held.attachment->pin(); !pin.empty())
      pins.push_back(std::move(pin));
  return pins;
}

void Attachments::unwatch(uint64_t address) {
  for (const HeldAttachment &held : all_)
    held.attachment->unwatch(address);
}

// Those that end by themselves run alone.
int Attachments::end_fd() const { return all_.size() == 1 ? all_.front().attachment->end_fd() : -1; }

void detach(std::vector<HeldAttachment> &all) {
  detach_raw_tracepoints(all);
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < all.size(); i = next++)
      all[i].attachment.reset();
  };
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < std::min(all.size(), kMaxThreads); ++i)
      helpers.emplace_back(work);
  } catch (const std::system_error &) {
    // At a limit of threads: those there are, and this one, do it all.
  }
  work();
  for (std::thread &helper : helpers)
    helper.join();
  all.clear();
}

}  // namespace sonde::runtime
