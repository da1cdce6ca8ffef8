// Attaches one by one and detaches from many threads: most of a detach is waiting for the kernel's
// grace period, and those overlap.
#include "runtime/attach.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <system_error>
#include <thread>

namespace sonde::runtime {
namespace {

constexpr size_t kMaxThreads = 32;

}  // namespace

Result<void> Attachments::attach(const image::ProgramImage &image, const LoadedObject &object,
                                 const probes::AttachOptions &options, Signals &signals) {
  for (const image::ProgramSpec &spec : image.programs) {
    const probes::Provider &provider = probes::provider(spec.provider);
    if (provider.is_run_directly())
      continue;
    if (signals.received())
      return {};
    auto made = provider.attach(object.program(spec.function), spec, options);
    if (made) {
      for (auto &attachment : *made)
        all_.push_back(std::move(attachment));
      continue;
    }
    if (image.config.missing_probes == "error")
      return made.error();
    if (image.config.missing_probes == "warn")
      fmt::print(stderr, "WARNING: {}\n", made.error().message());
  }
  return {};
}

void Attachments::detach() {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < all_.size(); i = next++)
      all_[i].reset();
  };
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < std::min(all_.size(), kMaxThreads); ++i)
      helpers.emplace_back(work);
  } catch (const std::system_error &) {
    // At a limit of threads: those there are, and this one, do it all.
  }
  work();
  for (std::thread &helper : helpers)
    helper.join();
  all_.clear();
}

}  // namespace sonde::runtime
