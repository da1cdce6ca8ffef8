// Strings of the traced program that are at the end of what can be read, that are longer than what is kept, and that
// follow others into the same memory (traced edge).
#include "harness.h"

namespace sonde::test {
namespace {

class StringsTest : public TracerTest {
protected:
  std::vector<std::string> at_each_text(const std::string &action) {
    Outcome outcome =
        run_script("uprobe:" + program("traced") + ":traced_show { " + action + " }", {"-q", "-c", traced("edge 1")});
    return outcome.lines();
  }
};

TEST_F(StringsTest, are_compared_with_literals_up_to_the_end_of_memory) {
  // A text without an end cannot be read: it is empty, as an address without memory is.
  EXPECT_THAT(at_each_text(R"(printf("%d: %d %d %d %d\n", arg0, str(arg1) == "edge", str(arg1) == "",
                                     str(arg1) == "edg", str(arg1, 5) != "edge"))"),
              testing::ElementsAre("0: 1 0 0 0", "1: 0 1 0 1", "2: 0 1 0 1", "3: 0 1 0 1", "4: 0 1 0 1", "5: 0 0 0 0",
                                   "6: 0 0 0 0", "7: 1 0 0 0"));
}

TEST_F(StringsTest, that_begin_alike_are_read_as_far_as_they_are_compared) {
  EXPECT_THAT(at_each_text(R"(printf("%d: %d %d %d %d\n", arg0, strncmp(str(arg1), "edge", 3) == 0,
                                     strncmp("edge", str(arg1), 5) == 0, strncmp(str(arg1), "edgy", 4) == 0,
                                     strncmp(str(arg1, 3), "edge", 4) == 0))"),
              testing::ElementsAre("0: 1 1 0 0", "1: 1 0 0 0", "2: 0 0 0 0", "3: 0 0 0 0", "4: 0 0 0 0", "5: 1 0 0 0",
                                   "6: 1 0 0 0", "7: 1 1 0 0"));
}

}  // namespace
}  // namespace sonde::test
