// Random expressions without side effects over variables of every integer type, strings and tuples.
#pragma once

#include <string>

#include "random.h"

namespace sonde::random {

// A begin probe that gives the inputs values, and one that stores each expression's as `@r[n] = (uint64)(…)`.
std::string expression_script(uint64_t seed, uint32_t expressions);

class Expressions {
public:
  explicit Expressions(Random &random) : random_(random) {}

  std::string number(int depth);
  std::string condition(int depth);
  std::string text();
  std::string literal();
  // Statements that make the inputs, $i0 …, $s0 …, visible to what follows.
  static std::string read_inputs();
  std::string write_inputs();

private:
  std::string operation(int depth);

  Random &random_;
};

}  // namespace sonde::random
