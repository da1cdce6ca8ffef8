// Strings of the traced program that are at the end of what can be read, that are longer than what is kept, and that
// follow others into the same memory (traced edge).
#include "harness.h"

namespace sonde::test {
namespace {

using namespace std::string_literals;

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

// Each follows others, longer ones too, into the thread's value and into memory that keys are built in.
TEST_F(StringsTest, are_the_same_keys_whatever_was_there_before) {
  const std::string longest = "edge" + std::string(195, 'x');
  std::vector<std::string> counts;
  for (const std::string map : {"@", "@pairs", "@read"})
    for (const std::string &key : {""s, "edge"s, "edges"s, longest})
      counts.push_back(map + "[" + (map == "@pairs" ? "1, " : "") + key + "]: " +
                       (key.empty()     ? "4"
                        : key == "edge" ? "2"
                                        : "1"));
  const std::string action = "@kept[tid] = str(arg1, 200); @[@kept[tid]] = count(); @read[str(arg1, 200)] = count(); "
                             "@pairs[1, str(arg1, 200)] = count(); ";
  for (const std::string after : {"delete(@kept[tid])", "if (arg0 == 7) { delete(@kept[tid]) }"}) {
    std::vector<std::string> lines = at_each_text(action + after);
    std::erase(lines, "");
    EXPECT_THAT(lines, testing::UnorderedElementsAreArray(counts)) << after;
  }
}

// The second process's value goes to the hash, as the first has the slot (image/task_slots.h).
TEST_F(StringsTest, of_threads_that_share_a_slot_are_their_own) {
  std::string script = "uprobe:" + program("traced") + R"(:traced_add {
    if (arg0 == 0) { @[tid] = str(uptr(curtask->mm->arg_start)); @n[tid] = arg1 }
    if (arg0 == 1) { printf("%d %s\n", @n[tid], @[tid]) }
    if (arg0 == 2) { delete(@[tid]); delete(@n[tid]) } })";
  Outcome outcome = run_script(script, {"-q", "-c", traced("twin 1024")});
  std::string text = " " + program("traced");
  EXPECT_THAT(outcome.text(), testing::StartsWith("20" + text + "\n21" + text + "\n0 \n10" + text + "\n0 \n"));
}

}  // namespace
}  // namespace sonde::test
