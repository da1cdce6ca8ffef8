// Functions that were made at run time, from the text of perf maps.
#include "runtime/perf_maps.h"

#include <gtest/gtest.h>

namespace sonde::runtime {
namespace {

TEST(PerfMap, FindsWhatHoldsTheAddress) {
  PerfMap map("1000 20 first\n0x2000 0x10 a name with blanks\n");
  EXPECT_EQ(map.find(0x1000).name, "first");
  EXPECT_EQ(map.find(0x101f).offset, 0x1fu);
  EXPECT_EQ(map.find(0x1020).name, "");
  EXPECT_EQ(map.find(0xfff).name, "");
  EXPECT_EQ(map.find(0x2008).name, "a name with blanks");
}

TEST(PerfMap, TheLastOfTwoAtOnePlaceCounts) {
  PerfMap map("1000 20 old\n1000 30 new\n");
  EXPECT_EQ(map.find(0x1025).name, "new");
}

TEST(PerfMap, LinesThatAreNoneAreLeftOut) {
  PerfMap map("\nnonsense\n1000\n1000 20\n1000 zz name\n3000 10 good");
  EXPECT_EQ(map.find(0x1000).name, "");
  EXPECT_EQ(map.find(0x3000).name, "good");
}

}  // namespace
}  // namespace sonde::runtime
