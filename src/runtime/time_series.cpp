// Charts of time series:
//              0                                                   6
// hh:mm:ss.ms  |___________________________________________________|
// 14:03:49.100 *                                                   | 0
// 14:03:49.200 |                                                   | -
// 14:03:49.300 |                         *                         | 3
//              v___________________________________________________v
//              0                                                   6
#include "runtime/time_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "runtime/clock.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kLastColumn = 52;

SeriesSlot slot_at(const uint8_t *slots, size_t index) {
  SeriesSlot slot;
  std::memcpy(&slot, slots + index * kSeriesSlotSize, sizeof slot);
  return slot;
}

bool is_less(const Type &type, uint64_t a, uint64_t b) {
  return type.is_signed ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
}

uint64_t divided(const Type &type, uint64_t value, uint64_t divisor) {
  return type.is_signed ? static_cast<uint64_t>(static_cast<int64_t>(value) / static_cast<int64_t>(divisor))
                        : value / divisor;
}

std::string number(const Type &type, uint64_t value) {
  return type.is_signed ? std::to_string(static_cast<int64_t>(value)) : std::to_string(value);
}

// Two slots of one interval as one.
SeriesSlot both(const Type &type, const SeriesSlot &a, const SeriesSlot &b) {
  uint64_t count = a.weight + b.weight;
  switch (type.series.value) {
  case SeriesValue::Last: return a.weight > b.weight ? a : b;
  case SeriesValue::Sum:
  case SeriesValue::Avg: return {a.interval, a.value + b.value, count};
  case SeriesValue::Min: return {a.interval, is_less(type, a.value, b.value) ? a.value : b.value, count};
  case SeriesValue::Max: return {a.interval, is_less(type, a.value, b.value) ? b.value : a.value, count};
  }
  return a;
}

// How times of day are written: as exact as the intervals are.
struct Precision {
  int64_t unit_ns;
  const char *heading;
  int digits;
};
constexpr Precision kPrecisions[] = {
    {kSecond, "hh:mm:ss", 0}, {1'000'000, "hh:mm:ss.ms", 3}, {1'000, "hh:mm:ss.\u03bcs", 6}, {1, "hh:mm:ss.ns", 9}};

std::string time_text(const char *format, int64_t wall_ns, int digits) {
  std::string text;
  append_time(text, format, wall_ns);
  std::string fraction = fmt::format("{:09}", wall_ns % kSecond);
  return digits == 0 ? text : text + "." + fraction.substr(0, static_cast<size_t>(digits));
}

// Values and the columns where they are marked.
class Scale {
public:
  Scale(const Type &type, const std::vector<SeriesPoint> &points) : type_(type) {
    bool is_first = true;
    for (const SeriesPoint &point : points) {
      if (!point.value)
        continue;
      low_ = is_first || is_less(type, *point.value, low_) ? *point.value : low_;
      high_ = is_first || is_less(type, high_, *point.value) ? *point.value : high_;
      is_first = false;
    }
    if (low_ == high_)
      widen();
  }

  uint64_t low() const { return low_; }
  uint64_t high() const { return high_; }
  size_t column(uint64_t value) const { return static_cast<size_t>(share(value) * kLastColumn); }
  // Where zero lies, if it is within.
  std::optional<size_t> zero_column() const {
    if (!type_.is_signed || static_cast<int64_t>(low_) >= 0 || static_cast<int64_t>(high_) <= 0)
      return std::nullopt;
    return static_cast<size_t>(share(0) * (kLastColumn + 1));
  }

private:
  // One more on both sides, but for the ends of the type.
  void widen() {
    uint64_t least = type_.is_signed ? static_cast<uint64_t>(std::numeric_limits<int64_t>::min()) : 0;
    uint64_t most = type_.is_signed ? std::numeric_limits<int64_t>::max() : UINT64_MAX;
    low_ -= low_ != least;
    high_ += high_ != most;
  }

  double share(uint64_t value) const { return static_cast<double>(value - low_) / static_cast<double>(high_ - low_); }

  const Type &type_;
  uint64_t low_ = 0, high_ = 0;
};

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

// The ends of the scale, as wide as the chart.
std::string scale_line(const Type &type, const Scale &scale, size_t indent) {
  std::string low = number(type, scale.low()), high = number(type, scale.high());
  size_t width = std::max(kLastColumn + 1, low.size() + high.size());
  return std::string(indent, ' ') + padded(low, width - high.size()) + high + "\n";
}

std::string row(const Type &type, const Scale &scale, const SeriesPoint &point) {
  std::string line = "|" + std::string(kLastColumn - 1, ' ') + "|";
  if (auto zero = scale.zero_column())
    line[*zero] = '.';
  if (point.value)
    line[scale.column(*point.value)] = '*';
  return line + " " + (point.value ? number(type, *point.value) : "-") + "\n";
}

// One interval alone is written exactly, as bpftrace does.
const Precision &precision_of(const Type &type, size_t intervals) {
  for (const Precision &precision : kPrecisions)
    if (intervals > 1 && type.series.interval_ns % static_cast<uint64_t>(precision.unit_ns) == 0)
      return precision;
  return *std::prev(std::end(kPrecisions));
}

std::vector<SeriesPoint> divided_points(const Type &type, const uint8_t *slots, uint32_t divisor) {
  std::vector<SeriesPoint> points = series_points(type, slots);
  for (SeriesPoint &point : points)
    if (point.value)
      point.value = divided(type, *point.value, divisor);
  return points;
}

}  // namespace

std::vector<SeriesPoint> series_points(const Type &type, const uint8_t *slots) {
  uint32_t count = type.series.count;
  uint64_t newest = 0;
  for (uint32_t i = 0; i < count; ++i)
    if (SeriesSlot slot = slot_at(slots, i); slot.weight > 0)
      newest = std::max(newest, slot.interval);
  uint64_t oldest = newest >= count ? newest - count + 1 : 0;
  std::vector<SeriesPoint> points;
  for (uint64_t i = 0; i <= newest - oldest; ++i) {
    uint64_t interval = oldest + i;
    SeriesSlot slot = slot_at(slots, interval % count);
    bool has_value = slot.weight > 0 && slot.interval == interval;
    if (!has_value && points.empty())
      continue;
    SeriesPoint point{static_cast<int64_t>(interval * type.series.interval_ns), std::nullopt};
    if (has_value)
      point.value = type.series.value == SeriesValue::Avg ? divided(type, slot.value, slot.weight) : slot.value;
    points.push_back(point);
  }
  return points;
}

void merge_series(const Type &type, const uint8_t *next, uint8_t *out) {
  for (uint32_t i = 0; i < type.series.count; ++i) {
    SeriesSlot mine = slot_at(out, i), other = slot_at(next, i);
    if (other.weight == 0 || (mine.weight > 0 && mine.interval > other.interval))
      continue;
    SeriesSlot merged = mine.weight > 0 && mine.interval == other.interval ? both(type, mine, other) : other;
    std::memcpy(out + size_t{i} * kSeriesSlotSize, &merged, sizeof merged);
  }
}

void append_series_chart(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor) {
  std::vector<SeriesPoint> points = divided_points(type, slots, divisor);
  if (points.empty()) {
    out += "<no data>\n";
    return;
  }
  const Precision &precision = precision_of(type, points.size());
  Scale scale(type, points);
  const std::string line(kLastColumn - 1, '_');
  size_t indent = time_text("%H:%M:%S", 0, precision.digits).size() + 1;
  out += scale_line(type, scale, indent);
  out += padded(precision.heading, indent) + "|" + line + "|\n";
  for (const SeriesPoint &point : points)
    out += time_text("%H:%M:%S", point.start_ns, precision.digits) + " " + row(type, scale, point);
  out += std::string(indent, ' ') + "v" + line + "v\n";
  out += scale_line(type, scale, indent);
}

void append_series_json(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor) {
  out += '[';
  const char *separator = "";
  for (const SeriesPoint &point : divided_points(type, slots, divisor)) {
    if (!point.value)
      continue;
    fmt::format_to(std::back_inserter(out), "{}{{\"interval_start\":\"{}\",\"value\":{}}}", separator,
                   time_text("%Y-%m-%d %H:%M:%S", point.start_ns, 9), number(type, *point.value));
    separator = ",";
  }
  out += ']';
}

}  // namespace sonde::runtime
