// Tables in memory that a test lays out as programs do: entries, then the slots that lead to them.
#include "runtime/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "runtime/task_slots.h"

namespace sonde::runtime {
namespace {

using image::MapSpec;
using image::MapStorage;

constexpr uint32_t kCpus = 3;

struct FakeTable {
  MapSpec map;
  image::TableLayout layout;
  std::vector<uint64_t> memory;

  explicit FakeTable(Type key, bool is_cleared = false, uint32_t max_entries = 8)
      : map{"@x", "AT_x", std::move(key), Type::count_aggregate(), MapStorage::Table, max_entries, is_cleared},
        layout(image::table_layout(map, kCpus)), memory(layout.size / 8) {}

  uint8_t *bytes() { return reinterpret_cast<uint8_t *>(memory.data()); }
  Table table() { return Table(map, kCpus, bytes()); }

  template <typename Number> Number &at(uint64_t offset) { return *reinterpret_cast<Number *>(bytes() + offset); }
  uint32_t &used() { return at<uint32_t>(image::kTableUsed); }
  uint32_t &epoch() { return at<uint32_t>(image::kTableEpoch); }

  // As a program that finds no entry of the key.
  uint32_t add_entry(const std::string &key) {
    uint32_t entry = used()++;
    uint64_t at = layout.entries + entry * layout.entry_stride;
    std::memcpy(bytes() + at + layout.key, key.data(), map.key.size);
    uint64_t hash = image::table_hash(map, reinterpret_cast<const uint8_t *>(key.data()));
    if (layout.has_hashes())
      this->at<uint64_t>(at) = hash;
    uint64_t slot = hash >> layout.hash_shift;
    while (this->at<uint64_t>(image::kTableSlots + slot * 8) >> 32 == epoch() &&
           this->at<uint32_t>(image::kTableSlots + slot * 8) != 0)
      slot = (slot + 1) % layout.slots;
    this->at<uint64_t>(image::kTableSlots + slot * 8) = uint64_t{epoch()} << 32 | (entry + 1);
    return entry;
  }
  void count(uint32_t cpu, uint32_t entry, uint64_t times) {
    uint64_t cell = layout.cells + cpu * layout.cpu_stride + entry * layout.cell_stride;
    if (layout.has_epochs())
      at<uint64_t>(cell) = epoch();
    at<uint64_t>(cell + layout.value) = times;
  }
};

std::string key(uint64_t number) { return {reinterpret_cast<const char *>(&number), sizeof number}; }

std::string text(std::string characters, uint32_t size) {
  characters.resize(size);
  return characters;
}

// "7=3 9=1", in order of keys.
std::string shown(const MapEntries &entries) {
  std::vector<std::pair<uint64_t, uint64_t>> pairs;
  for (size_t i = 0; i < entries.count; ++i) {
    auto &[number, value] = pairs.emplace_back();
    std::memcpy(&number, entries.key(i), sizeof number);
    std::memcpy(&value, entries.value(i), sizeof value);
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto &[number, value] : pairs)
    out += (out.empty() ? "" : " ") + std::to_string(number) + "=" + std::to_string(value);
  return out;
}

TEST(TablesTest, values_of_all_cpus_are_merged) {
  FakeTable fake(Type::int64());
  EXPECT_EQ(shown(fake.table().read()), "");
  uint32_t seven = fake.add_entry(key(7)), nine = fake.add_entry(key(9));
  fake.count(0, seven, 2);
  fake.count(2, seven, 1);
  fake.count(1, nine, 5);
  EXPECT_EQ(shown(fake.table().read()), "7=3 9=5");
}

TEST(TablesTest, two_entries_of_one_key_are_one) {
  FakeTable fake(Type::int64());
  uint32_t first = fake.add_entry(key(7)), other = fake.add_entry(key(8)), second = fake.add_entry(key(7));
  fake.count(0, first, 2);
  fake.count(1, other, 4);
  fake.count(1, second, 3);
  EXPECT_EQ(shown(fake.table().read()), "7=5 8=4");
  EXPECT_EQ(shown(fake.table().find(reinterpret_cast<const uint8_t *>(key(7).data()))), "7=5");
  EXPECT_EQ(fake.table().find(reinterpret_cast<const uint8_t *>(key(6).data())).count, 0u);
}

// It lost its slot to another CPU, or is being written.
TEST(TablesTest, an_entry_that_no_slot_leads_to_is_none) {
  FakeTable fake(Type::int64());
  fake.count(0, fake.add_entry(key(7)), 1);
  fake.used()++;
  fake.at<uint32_t>(image::kTableWasted)++;
  fake.count(0, 1, 9);
  EXPECT_EQ(shown(fake.table().read()), "7=1");
}

TEST(TablesTest, what_is_cleared_is_gone_and_its_room_is_free) {
  FakeTable fake(Type::int64(), /*is_cleared=*/true);
  for (uint64_t round = 0; round < 3; ++round) {
    for (uint64_t i = 0; i < fake.map.max_entries; ++i)
      fake.count(i % kCpus, fake.add_entry(key(i + round)), i + 1);
    EXPECT_EQ(fake.table().read().count, fake.map.max_entries);
    // A value of before the last clear() counts no more: nobody but this CPU can reset it.
    EXPECT_THAT(shown(fake.table().read()), testing::StartsWith(std::to_string(round) + "=1 "));
    fake.table().clear();
    EXPECT_EQ(fake.table().read().count, 0u);
    EXPECT_EQ(fake.used(), 0u);
    EXPECT_EQ(fake.at<uint32_t>(image::kTableWasted), 0u);
  }
}

TEST(TablesTest, zero_keeps_keys) {
  for (bool is_cleared : {false, true}) {
    FakeTable fake(Type::int64(), is_cleared);
    fake.count(1, fake.add_entry(key(3)), 4);
    fake.table().zero();
    EXPECT_EQ(shown(fake.table().read()), "3=0");
  }
}

TEST(TablesTest, a_full_table_has_all_its_keys) {
  FakeTable fake(Type::int64(), false, 1000);
  for (uint64_t i = 0; i < 1000; ++i)
    fake.count(0, fake.add_entry(key(i << 20)), i);
  MapEntries entries = fake.table().read();
  EXPECT_EQ(entries.count, 1000u);
  EXPECT_THAT(shown(entries), testing::EndsWith(std::to_string(uint64_t{999} << 20) + "=999"));
}

TEST(TablesTest, large_keys_are_found_by_their_hash) {
  FakeTable fake(Type::string(200));
  ASSERT_TRUE(fake.layout.has_hashes());
  std::string first = text("a name", 200), second = text("a name of more words than one", 200);
  fake.count(0, fake.add_entry(first), 1);
  fake.count(1, fake.add_entry(second), 2);
  EXPECT_EQ(fake.table().read().count, 2u);
  MapEntries found = fake.table().find(reinterpret_cast<const uint8_t *>(second.data()));
  ASSERT_EQ(found.count, 1u);
  EXPECT_EQ(*reinterpret_cast<const uint64_t *>(found.value(0)), 2u);
}

// Keys that follow one another, addresses, and such that differ in their upper bits alone.
TEST(TablesTest, usual_keys_spread_over_the_slots) {
  FakeTable fake(Type::int64(), false, 4096);
  for (int shift : {0, 3, 6, 12, 20, 32, 44}) {
    std::vector<uint32_t> taken(fake.layout.slots);
    uint32_t worst = 0;
    for (uint64_t i = 0; i < 4096; ++i) {
      std::string bytes = key((i << shift) + 0xffff800000000000);
      uint64_t hash = image::table_hash(fake.map, reinterpret_cast<const uint8_t *>(bytes.data()));
      worst = std::max(worst, ++taken[hash >> fake.layout.hash_shift]);
    }
    EXPECT_LE(worst, 8u) << "shifted by " << shift;
  }
}

TEST(TaskSlotsTest, large_values_have_fewer_slots) {
  for (uint32_t size : {8u, 200u, 1025u}) {
    MapSpec map{"@s", "AT_s", Type::uint64(), Type::string(size), MapStorage::Hash, 4096, false, true};
    image::TaskSlotsLayout layout = image::task_slots_layout(map);
    EXPECT_EQ(layout.slots, size == 1025 ? 1024u : 8192u) << size;
    EXPECT_LE(layout.size, image::kMostSlotBytes) << size;
  }
}

TEST(TaskSlotsTest, live_slots_join_the_entries_of_the_hash) {
  MapSpec map{"@s", "AT_s", Type::uint64(), Type::int64(), MapStorage::Hash, 1024, false, true};
  image::TaskSlotsLayout layout = image::task_slots_layout(map);
  std::vector<uint64_t> memory(layout.size / 8);
  auto set = [&](uint64_t tid, uint64_t state, uint64_t value) {
    memory[tid % layout.slots] = tid << 32 | state;
    memory[layout.values / 8 + tid % layout.slots] = value;
  };
  set(7, image::kSlotLive, 70);
  set(8, image::kSlotBusy, 80);
  set(9, image::kSlotLive, 90);
  MapEntries entries;
  entries.key_size = entries.value_size = 8;
  entries.count = 2;
  entries.keys.resize(16);
  entries.values.resize(16);
  const uint64_t keys[] = {9, 7 + uint64_t{layout.slots}}, values[] = {1, 2};
  std::memcpy(entries.keys.data(), keys, sizeof keys);
  std::memcpy(entries.values.data(), values, sizeof values);
  TaskSlots slots(map, reinterpret_cast<uint8_t *>(memory.data()));
  slots.add_to(entries);
  EXPECT_EQ(shown(entries), "7=70 9=1 " + std::to_string(7 + layout.slots) + "=2");
  slots.zero();
  entries = MapEntries{8, 8, 0, {}, {}};
  slots.add_to(entries);
  EXPECT_EQ(shown(entries), "7=0 9=0");
  slots.clear();
  entries = MapEntries{8, 8, 0, {}, {}};
  slots.add_to(entries);
  EXPECT_EQ(entries.count, 0u);
}

}  // namespace
}  // namespace sonde::runtime
