// What a script of expressions must compute, found by walking its tree: the language's arithmetic in plain C++,
// with nothing of code generation.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "sema/analysis.h"

namespace sonde::random {

// A number as 64 bits, extended by its type's sign; a text; or the elements of a tuple.
struct Value {
  uint64_t bits = 0;
  std::string text = {};
  std::vector<Value> elements = {};
  friend bool operator==(const Value &, const Value &) = default;
};

// A node that no script of expressions holds.
struct NotPure : std::logic_error {
  using std::logic_error::logic_error;
};

class Evaluator {
public:
  // Runs the assignments of a probe, one after the other.
  void run(const sema::Analysis &analysis, const sema::Unit &unit);

  // Of keyed maps with integer keys: the values by key.
  const std::map<uint64_t, Value> &entries(const std::string &map) { return keyed_[map]; }

private:
  Value value(const ast::Expr &expr);
  Value node_value(const ast::Expr &expr);
  Value binary(const ast::Expr &expr, const ast::Binary &node);
  bool compare(const ast::Binary &node);
  Value call(const ast::Expr &expr, const ast::Call &node);
  // The value as a number of that type, wrapped and extended.
  uint64_t number(const ast::Expr &expr, const Type &as);
  bool truth(const ast::Expr &expr) { return value(expr).bits != 0; }

  const sema::Unit *unit_ = nullptr;
  std::map<std::string, Value> variables_, scalars_;
  std::map<std::string, std::map<uint64_t, Value>> keyed_;
};

}  // namespace sonde::random
