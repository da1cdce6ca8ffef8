// Reads the counters and words what they say.
#include "runtime/losses.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <utility>

#include "runtime/clock.h"
#include "runtime/format_json.h"
#include "runtime/json_records.h"
#include "runtime/script_place.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

uint64_t load(const uint64_t *word) {
  return std::atomic_ref<uint64_t>(*const_cast<uint64_t *>(word)).load(std::memory_order_relaxed);
}

const char *plural(uint64_t count) { return count == 1 ? "" : "s"; }

}  // namespace

Losses::Losses(const image::ProgramImage &image, const uint64_t *words)
    : image_(image), words_(words), layout_{static_cast<uint32_t>(image.programs.size())},
      reported_(layout_.count(image.failure_sites.size())), last_look_ns_(static_cast<int64_t>(boot_time_ns())) {}

bool Losses::is_end(uint32_t program) const { return image_.programs[program].provider == image::ProviderKind::End; }

void Losses::count_end_alone(JsonRecords *json) {
  report(json);
  end_alone_ = true;
}

// How much the counter of that program has grown since it was last asked for.
uint64_t Losses::read_new(uint32_t word, uint32_t program) {
  if (!words_ || (end_alone_ && !is_end(program)))
    return 0;
  uint64_t now = load(words_ + word);
  return now - std::exchange(reported_[word], now);
}

void Losses::report(JsonRecords *json) {
  last_look_ns_ = static_cast<int64_t>(boot_time_ns());
  report_events(json);
  report_stacks(json);
  report_failures(json);
}

void Losses::report_events(JsonRecords *json) {
  uint64_t count = 0;
  for (uint32_t program = 0; program < layout_.programs; ++program)
    count += read_new(layout_.records(program), program);
  if (count == 0)
    return;
  if (json)
    json->add([&](std::string &out) { append_json_count(out, "lost_events", "events", count); });
  else
    fmt::print(stderr, "Lost {} event{}\n", count, plural(count));
}

void Losses::report_stacks(JsonRecords *json) {
  uint64_t now = words_ && !end_alone_ ? load(words_ + layout_.stacks()) : stacks();
  uint64_t count = now - std::exchange(reported_[layout_.stacks()], now);
  if (count == 0)
    return;
  if (json)
    json->add([&](std::string &out) { append_json_count(out, "lost_stacks", "stacks", count); });
  else
    fmt::print(stderr, "Lost {} stack{}\n", count, plural(count));
}

// A full map is what users meet; the other failures are reported as the kernel words them.
void Losses::report_failures(JsonRecords *json) {
  for (uint32_t i = 0; i < image_.failure_sites.size(); ++i) {
    const image::FailureSite &site = image_.failure_sites[i];
    uint32_t word = layout_.failures(i);
    uint64_t count = read_new(word, site.program);
    if (count == 0)
      continue;
    auto code = static_cast<int>(load(words_ + word + 1));
    if (json) {
      ScriptPlace place = place_of(image_, site.where);
      JsonFailure failure{strerror(-code), site.helper, code, place.file, place.line, place.first_column, count};
      json->add([&](std::string &out) { append_json_failure(out, failure); });
    } else if (site.map && code == -E2BIG) {
      const image::MapSpec &map = image_.maps[*site.map];
      fmt::print(stderr, "{}: WARNING: {} is full with {} keys: {} update{} lost (max_map_keys allows more)\n",
                 place_text(image_, site.where), map.name, map.max_entries, count, count == 1 ? " was" : "s were");
    } else {
      fmt::print(stderr, "{}: WARNING: {} failed {} time{}: {}\n", place_text(image_, site.where), site.helper, count,
                 plural(count), strerror(-code));
    }
  }
}

void Losses::report_missed_runs(JsonRecords *json) {
  for (uint32_t program = 0; program < missed_runs_.size(); ++program) {
    uint64_t count = missed_runs_[program];
    if (count == 0)
      continue;
    if (json)
      json->add([&](std::string &out) { append_json_count(out, "missed_runs", probe_text(program), count); });
    else
      fmt::print(stderr, "Missed {} run{} of {}: it hit while a program ran on that CPU\n", count, plural(count),
                 probe_text(program));
  }
}

// As the script names it.
std::string Losses::probe_text(uint32_t program) const {
  const image::ProgramSpec &spec = image_.programs[program];
  if (spec.targets.empty())
    return spec.function;
  if (spec.targets.size() == 1)
    return spec.targets.front().name;
  return fmt::format("{} and {} more", spec.targets.front().name, spec.targets.size() - 1);
}

void Losses::report_last(JsonRecords *json) {
  report(json);
  for (uint32_t program = 0; program < layout_.programs && !json; ++program)
    if (uint64_t count = reported_[layout_.records(program)]; count > 0)
      fmt::print(stderr, "  {} of {}\n", count, probe_text(program));
  report_missed_runs(json);
}

bool Losses::is_time_to_look() const { return static_cast<int64_t>(boot_time_ns()) - last_look_ns_ >= kSecond; }

uint64_t Losses::events() const {
  return std::accumulate(reported_.begin(), reported_.begin() + layout_.programs, uint64_t{0});
}

uint64_t Losses::failures() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < image_.failure_sites.size(); ++i)
    sum += reported_[layout_.failures(i)];
  return sum;
}

uint64_t Losses::stacks() const { return reported_[layout_.stacks()]; }

uint64_t Losses::missed_runs() const { return std::accumulate(missed_runs_.begin(), missed_runs_.end(), uint64_t{0}); }

}  // namespace sonde::runtime
