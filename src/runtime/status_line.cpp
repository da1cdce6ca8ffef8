// Writes the status line.
#include "runtime/status_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "runtime/clock.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr const char *kClear = "\r\033[K";
constexpr const char *kRed = "\033[31m";
constexpr const char *kPlain = "\033[0m";

}  // namespace

StatusLine::StatusLine(bool is_terminal, bool has_colour)
    : is_terminal_(is_terminal), has_colour_(has_colour), last_ns_(static_cast<int64_t>(boot_time_ns())) {}

void StatusLine::update(uint64_t events, uint64_t losses) {
  auto now = static_cast<int64_t>(boot_time_ns());
  int64_t passed = now - last_ns_;
  if (passed < kSecond)
    return;
  double rate = static_cast<double>(events - last_events_) * kSecond / static_cast<double>(passed);
  last_ns_ = now;
  last_events_ = events;
  bool is_red = has_colour_ && losses > 0;
  fmt::print(stderr, "{}{} events, {:.0f}/s, {}{} lost{}{}", is_terminal_ ? kClear : "", events, rate,
             is_red ? kRed : "", losses, is_red ? kPlain : "", is_terminal_ ? "" : "\n");
  is_shown_ = is_terminal_;
}

void StatusLine::hide() {
  if (is_shown_)
    fmt::print(stderr, "{}", kClear);
  is_shown_ = false;
}

}  // namespace sonde::runtime
