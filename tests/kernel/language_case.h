// Cases of the language: one script, the text it must print. Files instantiate LanguageTest with tables of
// them; the one test is in language_test.cpp.
#pragma once

#include "harness.h"

namespace sonde::test {

struct LanguageCase {
  const char *name;
  const char *script;
  const char *expected;  // Outcome::text(): without the empty lines around it
};

inline void PrintTo(const LanguageCase &language_case, std::ostream *os) { *os << language_case.script; }

class LanguageTest : public TracerTest, public ::testing::WithParamInterface<LanguageCase> {};

inline std::string name_of_case(const ::testing::TestParamInfo<LanguageCase> &info) { return info.param.name; }

}  // namespace sonde::test
