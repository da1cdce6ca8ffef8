// Offsets to files, lines and columns.
#include "base/source.h"

#include <gtest/gtest.h>

using sonde::Location;
using sonde::Sources;

TEST(Sources, PositionsCountFromOne) {
  Sources sources;
  sources.add("a.bt", "one\ntwo\n");
  auto at = sources.position(5);
  EXPECT_EQ(at.file->name, "a.bt");
  EXPECT_EQ(at.line, 2u);
  EXPECT_EQ(at.column, 2u);
  EXPECT_EQ(sources.line_text(5), "two");
}

TEST(Sources, AnOffsetNamesItsFile) {
  Sources sources;
  sources.add("first", "abc");
  size_t second = sources.add("second", "def");
  uint32_t base = sources.file(second).base;
  EXPECT_EQ(sources.position(base).file->name, "second");
  EXPECT_EQ(sources.position(base - 1).file->name, "first");
  EXPECT_EQ(sources.text({base + 1, base + 3}), "ef");
}

TEST(Sources, OffsetsPastTheEndGiveTheLastPosition) {
  Sources sources;
  sources.add("a", "x\ny");
  EXPECT_EQ(sources.position(1000).line, 2u);
  EXPECT_EQ(sources.position(1000).column, 2u);
  EXPECT_EQ(sources.line_text(3), "y");
}

TEST(Sources, AnEmptyTextHasOnePosition) {
  Sources sources;
  sources.add("a", "");
  EXPECT_EQ(sources.position(0).line, 1u);
  EXPECT_EQ(sources.line_text(0), "");
}

TEST(Location, CoverIsTheSmallestRangeWithBoth) {
  EXPECT_EQ(Location::cover({3, 5}, {8, 9}), (Location{3, 9}));
  EXPECT_EQ(Location::cover({8, 9}, {3, 5}), (Location{3, 9}));
}
