// What golden tests run: one stage of the compiler per directory of cases.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace golden {

struct Outcome {
  std::string text;
  bool has_errors = false;
};

struct Stage {
  std::string_view directory;
  // From the name and the text of a case to what the stage prints for it, diagnostics first.
  std::function<Outcome(const std::string &name, const std::string &source)> run;
};

// A new stage is a row in stages.cpp and a directory of that name.
std::span<const Stage> stages();

}  // namespace golden
