// Parses rates. The kernel's CPU clock ticks at most each 10 µs and quietly slows down what asks for
// more, so such rates are refused here.
#include "probes/rate.h"

#include <fmt/format.h>
#include <linux/perf_event.h>

#include <charconv>
#include <limits>
#include <optional>

#include "base/text.h"

namespace sonde::probes {
namespace {

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;  // 0: the number is a frequency
};

// Units before a colon; durations have these and some more behind the number.
constexpr Unit kUnits[] = {{"hz", 0}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"us", 1'000}};
constexpr Unit kSuffixes[] = {{"ns", 1},
                              {"us", 1'000},
                              {"ms", 1'000'000},
                              {"s", 1'000'000'000},
                              {"m", 60'000'000'000},
                              {"h", 3'600'000'000'000},
                              {"d", 86'400'000'000'000}};
constexpr uint64_t kShortestNs = 10'000;

Error rate_error(std::string_view provider, std::string_view spec, std::string cause) {
  return {"use", fmt::format("{}:{}", provider, spec), std::move(cause),
          fmt::format("write {0}:s:N, {0}:ms:N, {0}:us:N or {0}:hz:N, or a duration such as {0}:1s", provider)};
}

std::string not_a_number(std::string_view text) {
  return text.empty() ? std::string("a number is missing") : fmt::format("'{}' is not a positive whole number", text);
}

// Digits, also grouped as in 1_000; the rest of `text` is left in it.
std::optional<uint64_t> take_number(std::string_view &text) {
  std::string digits;
  while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '_' && !digits.empty()))) {
    if (text[0] != '_')
      digits += text[0];
    text.remove_prefix(1);
  }
  uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

template <size_t N> const Unit *find_unit(const Unit (&units)[N], std::string_view name) {
  for (const Unit &unit : units)
    if (unit.name == name)
      return &unit;
  return nullptr;
}

Result<Rate> make_rate(std::string_view provider, std::string_view spec, uint64_t number, uint64_t unit_ns) {
  if (number == 0)
    return rate_error(provider, spec, "the rate is zero, and it would never run");
  if (unit_ns && number > std::numeric_limits<int64_t>::max() / unit_ns)
    return rate_error(provider, spec, "the time is longer than the kernel can wait");
  Rate rate;
  (unit_ns ? rate.period_ns : rate.frequency_hz) = unit_ns ? number * unit_ns : number;
  if (rate.nanoseconds() < kShortestNs)
    return rate_error(provider, spec, "the kernel's timer does not run more often than each 10us (100000 hz)");
  return rate;
}

// "1s", "500ms", "1000000" (nanoseconds).
Result<Rate> parse_duration(std::string_view provider, std::string_view spec) {
  std::string_view rest = spec;
  auto number = take_number(rest);
  if (!number)
    return rate_error(provider, spec, not_a_number(spec));
  if (rest.empty())
    return make_rate(provider, spec, *number, 1);
  const Unit *unit = find_unit(kSuffixes, rest);
  if (!unit)
    return rate_error(provider, spec, fmt::format("'{}' is not a unit of time", rest));
  return make_rate(provider, spec, *number, unit->nanoseconds);
}

}  // namespace

Result<Rate> parse_rate(std::string_view provider, std::string_view spec) {
  size_t colon = spec.find(':');
  if (colon == std::string_view::npos)
    return parse_duration(provider, spec);
  const Unit *unit = find_unit(kUnits, spec.substr(0, colon));
  if (!unit)
    return rate_error(provider, spec, fmt::format("'{}' is not a unit of time", spec.substr(0, colon)));
  std::string_view rest = spec.substr(colon + 1);
  auto number = take_number(rest);
  if (!number || !rest.empty())
    return rate_error(provider, spec, not_a_number(spec.substr(colon + 1)));
  return make_rate(provider, spec, *number, unit->nanoseconds);
}

PerfEventSpec clock_event(const image::Target &target) {
  Rate rate{target.period_ns, target.frequency_hz};
  return {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, rate.nanoseconds()};
}

Result<std::vector<image::Target>> match_rate(std::string_view provider, std::string_view spec) {
  auto rate = parse_rate(provider, spec);
  if (!rate)
    return rate.error();
  image::Target target;
  target.name = fmt::format("{}:{}", provider, spec);
  target.period_ns = rate->period_ns;
  target.frequency_hz = rate->frequency_hz;
  return std::vector<image::Target>{std::move(target)};
}

std::vector<std::string> list_rates(std::string_view provider, std::string_view spec) {
  std::vector<std::string> forms;
  for (const Unit &unit : kUnits)
    if (std::string form = fmt::format("{}:", unit.name); matches_glob(spec, form))
      forms.push_back(fmt::format("{}:{}", provider, form));
  return forms;
}

}  // namespace sonde::probes
