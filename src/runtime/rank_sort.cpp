// A radix sort, from the least significant byte on, that leaves out bytes in which nothing differs: of counts and of
// keys that are small numbers, most.
#include "runtime/rank_sort.h"

#include <array>
#include <numeric>

namespace sonde::runtime {
namespace {

constexpr uint32_t kDigitBits = 8;
constexpr size_t kDigits = 1 << kDigitBits;

void sort_by_word(std::vector<Ranked> &order, uint64_t Ranked::*word) {
  uint64_t differing = 0;
  for (const Ranked &entry : order)
    differing |= entry.*word ^ order.front().*word;
  std::vector<Ranked> next(differing ? order.size() : 0);
  for (uint32_t shift = 0; shift < 64; shift += kDigitBits) {
    if ((differing >> shift) % kDigits == 0)
      continue;
    auto digit = [&](const Ranked &entry) { return (entry.*word >> shift) % kDigits; };
    std::array<size_t, kDigits> places{};
    for (const Ranked &entry : order)
      ++places[digit(entry)];
    std::exclusive_scan(places.begin(), places.end(), places.begin(), size_t{0});
    for (const Ranked &entry : order)
      next[places[digit(entry)]++] = entry;
    order.swap(next);
  }
}

}  // namespace

void sort_by_ranks(std::vector<Ranked> &order) {
  sort_by_word(order, &Ranked::key_rank);
  sort_by_word(order, &Ranked::rank);
}

}  // namespace sonde::runtime
