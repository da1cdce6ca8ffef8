// What records make the runtime do, with maps of the test's own.
#include "runtime/actions.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_surroundings.h"

namespace sonde::runtime {
namespace {

using image::EventKind;
using image::EventSpec;

class FakeMaps : public MapStore {
public:
  MapEntries read(uint32_t map) override { return content[map]; }
  MapEntries find(uint32_t map, const uint8_t *key) override {
    bool is_there = std::memcmp(key, content[map].key(0), content[map].key_size) == 0;
    return is_there ? content[map] : MapEntries{};
  }
  void clear(uint32_t map) override { log += "clear " + std::to_string(map) + ";"; }
  void zero(uint32_t map) override { log += "zero " + std::to_string(map) + ";"; }
  std::vector<MapEntries> content;
  std::string log;
};

class Actions : public testing::Test {
protected:
  uint32_t add_event(EventKind kind, const std::string &format, const std::vector<Type> &types = {},
                     std::optional<uint32_t> map = {}) {
    EventSpec event;
    event.kind = kind;
    event.format = format;
    event.map = map;
    for (const Type &type : types) {
      event.fields.push_back({type, event.size});
      event.size += (type.size + 7) / 8 * 8;
    }
    fake.image.events.push_back(event);
    return static_cast<uint32_t>(fake.image.events.size() - 1);
  }
  void add_map(const std::string &name, const Type &key, const Type &value, const std::vector<uint8_t> &key_bytes,
               const std::vector<uint8_t> &value_bytes, size_t count = 1) {
    fake.image.maps.push_back({name, "AT_" + name.substr(1), key, value, image::MapStorage::Hash, 10});
    maps.content.push_back({key.size, value.size, count, key_bytes, value_bytes});
  }
  ActionState &state() {
    if (!state_) {
      auto formats = parse_formats(fake.image);
      EXPECT_TRUE(formats);
      state_.emplace(ActionState{fake.image, output, maps, fake.around, formats.take(), {}});
    }
    return *state_;
  }
  bool run_bytes(const uint8_t *record, uint32_t size) {
    const image::EventSpec *event = event_of(state().image, record, size);
    if (event)
      run_action(state(), *event, record);
    return event != nullptr;
  }
  bool run(uint32_t id, const std::vector<uint8_t> &fields = {}) {
    std::vector<uint8_t> record = bytes_of(id, uint32_t{0}) + fields;
    return run_bytes(record.data(), static_cast<uint32_t>(record.size()));
  }

  FakeSurroundings fake;
  FakeMaps maps;
  Output output{-1};
  std::optional<ActionState> state_;
};

TEST_F(Actions, PrintfAndPrint) {
  uint32_t text = add_event(EventKind::Printf, "%s=%d\n", {Type::string(8), Type::int64()});
  uint32_t value = add_event(EventKind::PrintValue, "", {Type::tuple({Type::int64(), Type::boolean()})});
  EXPECT_TRUE(run(text, text_bytes("abc", 8) + bytes_of(int64_t{5})));
  EXPECT_TRUE(run(value, bytes_of(int64_t{1}, uint64_t{1})));
  EXPECT_EQ(output.text(), "abc=5\n(1, true)\n");
}

TEST_F(Actions, JoinStopsAtTheFirstEmptyString) {
  uint32_t join = add_event(EventKind::Join, ", ", {Type::array(Type::string(8), 4)});
  run(join, text_bytes("ls", 8) + text_bytes("-l", 8) + text_bytes("", 8) + text_bytes("stale", 8));
  EXPECT_EQ(output.text(), "ls, -l\n");
}

TEST_F(Actions, ExitKeepsItsCode) {
  uint32_t plain = add_event(EventKind::Exit, "");
  uint32_t coded = add_event(EventKind::Exit, "", {Type::integer(8, false)});
  EXPECT_FALSE(state().exit_code);
  run(plain);
  EXPECT_EQ(state().exit_code, 0);
  run(coded, bytes_of(uint64_t{7}));
  EXPECT_EQ(state().exit_code, 7);
  run(plain);
  EXPECT_EQ(state().exit_code, 7) << "exit() without a code replaces none";
}

TEST_F(Actions, RecordsThatFitNoEventAreRefused) {
  uint32_t id = add_event(EventKind::PrintValue, "", {Type::int64()});
  EXPECT_FALSE(run(id)) << "too short";
  EXPECT_FALSE(run(id + 1, bytes_of(uint64_t{0}))) << "no such event";
  uint8_t byte = 0;
  EXPECT_FALSE(run_bytes(&byte, 1));
  EXPECT_EQ(output.text(), "");
}

TEST_F(Actions, MapsArePrintedClearedAndZeroed) {
  add_map("@k", Type::int64(), Type::int64(), bytes_of(int64_t{1}), bytes_of(int64_t{0}));
  uint32_t print = add_event(EventKind::PrintMap, "", {}, 0);
  uint32_t entry = add_event(EventKind::PrintMapEntry, "", {Type::int64(), Type::int64()}, 0);
  uint32_t clear = add_event(EventKind::ClearMap, "", {}, 0);
  uint32_t zero = add_event(EventKind::ZeroMap, "", {}, 0);
  run(print);
  run(entry, bytes_of(int64_t{1}, int64_t{9}));
  run(clear);
  run(zero);
  EXPECT_EQ(output.text(), "@k[1]: 0\n9\n");
  EXPECT_EQ(maps.log, "clear 0;zero 0;");
}

TEST_F(Actions, AnEntrySentAsItsKeyIsLookedUp) {
  add_map("@s", Type::int64(), Type::average(TypeKind::Stats, true), bytes_of(int64_t{1}),
          bytes_of(int64_t{6}, uint64_t{2}));
  uint32_t entry = add_event(EventKind::PrintMapEntry, "", {Type::int64()}, 0);
  run(entry, bytes_of(int64_t{1}));
  run(entry, bytes_of(int64_t{2}));
  EXPECT_EQ(output.text(), "{ .count = 2, .average = 3, .total = 6 }\n{ .count = 0, .average = 0, .total = 0 }\n");
}

TEST_F(Actions, AtExitMapsComeByNameAndUnassignedScalarsNotAtAll) {
  add_map("@z", Type::none(), Type::int64(), {}, bytes_of(int64_t{1}));
  add_map("@never", Type::none(), Type::int64(), {}, {}, 0);
  add_map("@zero", Type::none(), Type::int64(), {}, bytes_of(int64_t{0}));
  add_map("@a", Type::int64(), Type::int64(), bytes_of(int64_t{1}), bytes_of(int64_t{0}));
  add_map("@empty", Type::int64(), Type::int64(), {}, {}, 0);
  print_all_maps(state());
  EXPECT_EQ(output.text(), "\n\n@a[1]: 0\n@z: 1\n@zero: 0\n");
}

TEST_F(Actions, PrintShowsAnUnassignedScalarButNoEmptyHistogram) {
  add_map("@n", Type::none(), Type::int64(), {}, {}, 0);
  add_map("@h", Type::none(), Type::hist(0), {}, {}, 0);
  uint32_t number = add_event(EventKind::PrintMap, "", {}, 0);
  uint32_t histogram = add_event(EventKind::PrintMap, "", {}, 1);
  run(number);
  run(histogram);
  EXPECT_EQ(output.text(), "@n: 0\n");
}

TEST_F(Actions, MapsAreNotPrintedAtExitWhenTheConfigSaysSo) {
  fake.image.config.print_maps_on_exit = false;
  add_map("@z", Type::none(), Type::int64(), {}, bytes_of(int64_t{1}));
  print_all_maps(state());
  EXPECT_EQ(output.text(), "\n\n");
}

TEST(Output, ClosedPipesAndFullDisksAreToldApart) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  Output closed(ends[1]);
  closed.text() = "x";
  closed.flush();
  EXPECT_TRUE(closed.is_closed());
  close(ends[1]);

  FILE *full = fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Output disk(fileno(full));
  disk.text() = "x";
  disk.flush();
  EXPECT_TRUE(disk.is_broken());
  EXPECT_FALSE(disk.is_closed());
  EXPECT_EQ(disk.error().message(), "could not write the output: No space left on device");
  fclose(full);
}

TEST(Output, LargeTextGoesThroughAPipeWhole) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::string sent(300'000, 'a'), received;
  pid_t writer = fork();
  if (writer == 0) {
    close(ends[0]);
    Output output(ends[1]);
    output.text() = sent;
    output.flush_if_full();
    _exit(output.is_broken());
  }
  close(ends[1]);
  char piece[4096];
  for (ssize_t count; (count = read(ends[0], piece, sizeof piece)) > 0;)
    received.append(piece, static_cast<size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(writer, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace sonde::runtime
