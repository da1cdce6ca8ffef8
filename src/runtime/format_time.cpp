// Clocks and strftime.
#include <fmt/format.h>

#include "runtime/clock.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// strftime does not know %f: before → after "%S.%f" → "%S.012345". "%%f" stays.
std::string with_microseconds(const std::string &format, int64_t microseconds) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
    } else if (format[++i] == 'f') {
      out += fmt::format("{:06}", microseconds);
    } else {
      out += '%';
      out += format[i];
    }
  }
  return out;
}

}  // namespace

Clock Clock::running() { return {wall_time_ns() - static_cast<int64_t>(boot_time_ns())}; }

uint64_t boot_time_ns() { return static_cast<uint64_t>(read_clock(CLOCK_BOOTTIME)); }
uint64_t monotonic_time_ns() { return static_cast<uint64_t>(read_clock(CLOCK_MONOTONIC)); }
uint64_t tai_ahead_of_boot_ns() { return static_cast<uint64_t>(read_clock(CLOCK_TAI)) - boot_time_ns(); }
int64_t wall_time_ns() { return read_clock(CLOCK_REALTIME); }

void append_time(std::string &out, const std::string &format, int64_t wall_ns) {
  if (format.empty())
    return;
  int64_t rest = wall_ns % kSecond;
  time_t seconds = wall_ns / kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  tm local{};
  localtime_r(&seconds, &local);
  std::string resolved = with_microseconds(format, rest / 1000);
  // A space more tells an empty result ("%p" in some locales) from a buffer that is too small.
  resolved += ' ';
  std::string text(resolved.size() * 4 + 64, '\0');
  size_t length = strftime(text.data(), text.size(), resolved.c_str(), &local);
  if (length > 0)
    out.append(text, 0, length - 1);
}

}  // namespace sonde::runtime
