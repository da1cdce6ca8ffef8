// The tables of docs/language.md and docs/probes.md are the rows of the program.
#include "driver/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sonde::driver {
namespace {

class ReferencePage : public ::testing::TestWithParam<const char *> {};

TEST_P(ReferencePage, HoldsTheTablesOfTheProgram) {
  std::filesystem::path path = std::filesystem::path(SONDE_SOURCE_DIR) / "docs" / GetParam();
  std::ostringstream page;
  page << std::ifstream(path).rdbuf();
  ASSERT_FALSE(page.str().empty());
  std::string wanted = regenerate_tables(page.str());
  if (std::getenv("SONDE_UPDATE_GOLDEN"))
    std::ofstream(path) << wanted;
  else
    EXPECT_EQ(page.str(), wanted) << "run SONDE_UPDATE_GOLDEN=1 ./dev test unit";
}

INSTANTIATE_TEST_SUITE_P(Docs, ReferencePage, ::testing::Values("language.md", "probes.md"));

TEST(Reference, TextOutsideTheMarkersStays) {
  std::string page = "a\n<!-- generated: aggregations -->\nold\n<!-- end -->\nb\n";
  std::string made = regenerate_tables(page);
  EXPECT_EQ(made.substr(0, 2), "a\n");
  EXPECT_EQ(made.find("old"), std::string::npos);
  EXPECT_NE(made.find("`hist(n [, bits])`"), std::string::npos);
  EXPECT_TRUE(made.ends_with("<!-- end -->\nb\n"));
}

}  // namespace
}  // namespace sonde::driver
