// Sorts a map's entries and prints them.
//
// Numbers sort by value, averages by the average, histograms by the sum of their counts, other
// values, time series and equal ones by key. That is bpftrace's order, made definite where its own is chance.
#include "runtime/print_map.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "runtime/rank_sort.h"
#include "runtime/time_series.h"

namespace sonde::runtime {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr size_t kAhead = 8;  // entries: as long as memory takes to come

// Maps a number to one whose unsigned order is the number's own.
uint64_t ordered(uint64_t value, bool is_signed) { return is_signed ? value ^ kSignBit : value; }

uint64_t word(const uint8_t *bytes, size_t index) {
  uint64_t value;
  std::memcpy(&value, bytes + 8 * index, sizeof value);
  return value;
}

uint64_t average(const Type &type, const uint8_t *value) {
  uint64_t total = word(value, 0), count = word(value, 1);
  if (count == 0)
    return 0;
  return type.is_signed ? static_cast<uint64_t>(static_cast<int64_t>(total) / static_cast<int64_t>(count))
                        : total / count;
}

uint64_t histogram_sum(const Type &type, const uint8_t *value) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < type.size / 8; ++i)
    sum += word(value, i);
  return sum;
}

uint64_t sort_rank(const Type &type, const uint8_t *value) {
  switch (type.kind) {
  case TypeKind::Count:
  case TypeKind::Sum:
  case TypeKind::Min:
  case TypeKind::Max: return ordered(word(value, 0), type.is_signed);
  case TypeKind::Avg:
  case TypeKind::Stats: return ordered(average(type, value), type.is_signed);
  case TypeKind::Hist:
  case TypeKind::Lhist: return histogram_sum(type, value);
  case TypeKind::Series: return 0;
  default: return type.is_scalar() ? ordered(static_cast<uint64_t>(load_integer(type, value)), type.is_signed) : 0;
  }
}

int compare_keys(const Type &type, const uint8_t *a, const uint8_t *b) {
  if (type.layout) {
    for (const Field &field : type.layout->fields)
      if (int order = compare_keys(field.type, a + field.offset, b + field.offset))
        return order;
    return 0;
  }
  if (!type.is_scalar())
    return std::memcmp(a, b, type.size);
  uint64_t left = ordered(static_cast<uint64_t>(load_integer(type, a)), type.is_signed);
  uint64_t right = ordered(static_cast<uint64_t>(load_integer(type, b)), type.is_signed);
  return left < right ? -1 : left > right;
}

// The first of what compare_keys() looks at as a number of the same order, which settles nearly all comparisons.
uint64_t key_rank(const Type &type, const uint8_t *key) {
  if (type.layout && !type.layout->fields.empty()) {
    const Field &first = type.layout->fields.front();
    return key_rank(first.type, key + first.offset);
  }
  if (type.is_scalar())
    return ordered(static_cast<uint64_t>(load_integer(type, key)), type.is_signed);
  uint64_t prefix = 0;
  if (type.size > 0)  // scalar maps have no key
    std::memcpy(&prefix, key, std::min<size_t>(type.size, sizeof prefix));
  return __builtin_bswap64(prefix);  // as memcmp() compares
}

std::vector<Ranked> sorted(const image::MapSpec &map, const MapEntries &entries) {
  std::vector<Ranked> order(entries.count);
  for (size_t i = 0; i < entries.count; ++i)
    order[i] = {sort_rank(map.value, entries.value(i)), key_rank(map.key, entries.key(i)), i};
  sort_by_ranks(order);
  // What the ranks leave open, the whole keys settle.
  for (auto begin = order.begin(); begin != order.end();) {
    auto end = std::find_if(begin, order.end(), [&](const Ranked &entry) {
      return entry.rank != begin->rank || entry.key_rank != begin->key_rank;
    });
    std::sort(begin, end, [&](const Ranked &a, const Ranked &b) {
      return compare_keys(map.key, entries.key(a.index), entries.key(b.index)) < 0;
    });
    begin = end;
  }
  return order;
}

void divide_word(uint8_t *value, bool is_signed, uint32_t divisor) {
  uint64_t number = word(value, 0);
  uint64_t quotient =
      is_signed ? static_cast<uint64_t>(static_cast<int64_t>(number) / int64_t{divisor}) : number / divisor;
  std::memcpy(value, &quotient, sizeof quotient);
}

void append_name(std::string &out, const image::MapSpec &map, const uint8_t *key, Surroundings &around) {
  out += map.name;
  if (map.is_scalar())
    return;
  out += '[';
  append_key(out, map.key, key, around);
  out += ']';
}

}  // namespace

// A copy of the value with what its line shows divided. Stats keep their total: only the average is
// divided, so they are printed from numbers rather than from the copy.
void append_divided(std::string &out, const Type &type, const uint8_t *value, uint32_t divisor, Surroundings &around) {
  if (type.kind == TypeKind::Avg || type.kind == TypeKind::Stats) {
    uint64_t quotient = average(type, value);
    auto *bytes = reinterpret_cast<uint8_t *>(&quotient);
    divide_word(bytes, type.is_signed, divisor);
    Type number = Type::integer(64, type.is_signed);
    if (type.kind == TypeKind::Avg)
      return append_value(out, number, bytes, around);
    out += "{ .count = " + std::to_string(word(value, 1)) + ", .average = ";
    append_value(out, number, bytes, around);
    out += ", .total = ";
    append_value(out, number, value, around);
    out += " }";
    return;
  }
  bool is_number = type.is_aggregate() || type.is_integer();
  if (!is_number)
    return append_value(out, type, value, around);
  uint64_t number = type.is_integer() ? static_cast<uint64_t>(load_integer(type, value)) : word(value, 0);
  auto *bytes = reinterpret_cast<uint8_t *>(&number);
  divide_word(bytes, type.is_signed, divisor);
  append_value(out, Type::integer(64, type.is_signed), bytes, around);
}

std::vector<size_t> shown_entries(const image::MapSpec &map, const MapEntries &entries, uint32_t top) {
  std::vector<Ranked> order = sorted(map, entries);
  size_t skipped = top > 0 && order.size() > top ? order.size() - top : 0;
  std::vector<size_t> shown;
  shown.reserve(order.size() - skipped);
  for (size_t i = skipped; i < order.size(); ++i)
    shown.push_back(order[i].index);
  return shown;
}

bool is_chart(const Type &type) {
  return type.kind == TypeKind::Hist || type.kind == TypeKind::Lhist || type.kind == TypeKind::Series;
}

void append_chart(std::string &out, const Type &type, const uint8_t *value, uint32_t divisor) {
  if (type.kind == TypeKind::Series)
    append_series_chart(out, type, value, divisor);
  else
    append_histogram(out, type, value, divisor);
}

void append_map(std::string &out, const image::MapSpec &map, const MapEntries &entries, const PrintMapOptions &options,
                Surroundings &around) {
  std::vector<size_t> shown = shown_entries(map, entries, options.top);
  for (size_t i = 0; i < shown.size(); ++i) {
    // They lie in the hash's order, that is in none: each would have to be waited for.
    if (i + kAhead < shown.size()) {
      __builtin_prefetch(entries.key(shown[i + kAhead]));
      __builtin_prefetch(entries.value(shown[i + kAhead]));
    }
    size_t index = shown[i];
    const uint8_t *value = entries.value(index);
    append_name(out, map, entries.key(index), around);
    if (is_chart(map.value)) {
      out += ":\n";
      append_chart(out, map.value, value, options.divisor);
    } else {
      out += ": ";
      if (options.divisor == 1)
        append_value(out, map.value, value, around);
      else
        append_divided(out, map.value, value, options.divisor, around);
    }
    out += '\n';
  }
}

}  // namespace sonde::runtime
