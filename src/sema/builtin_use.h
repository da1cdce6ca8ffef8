// One use of a builtin while types are checked: what its `check` may ask and report.
//
// Types of maps and variables are found by repeating the check until nothing changes; during the
// early rounds an argument's type may still be None and reports are dropped. A check therefore
// just reports what it dislikes and returns the type it would have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "builtins/builtin.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "probes/provider.h"

namespace sonde::sema {

class TypeChecker;

class BuiltinUse {
public:
  BuiltinUse(TypeChecker &checker, const builtins::Builtin &builtin, const ast::Expr &expr,
             const std::vector<ast::ExprPtr> *arguments, uint32_t number);

  const builtins::Builtin &builtin() const { return builtin_; }
  Location where() const { return expr_.where; }
  uint32_t number() const { return number_; }  // 3 for arg3
  size_t count() const { return arguments_ ? arguments_->size() : 0; }
  const ast::Expr &argument(size_t i) const { return *(*arguments_)[i]; }
  // As written; null for `pid` without ().
  const std::vector<ast::ExprPtr> *arguments() const { return arguments_; }
  Location where(size_t i) const { return argument(i).where; }

  // Types argument i as a value; an aggregation map reads as its integer. None when unknown or wrong (reported).
  Type value(size_t i);
  // As value(), and reports anything but integers and things that act as integers (bool, enum, pointer, symbols).
  Type integer(size_t i);
  // The text of a string literal or string parameter; reports anything else.
  std::optional<std::string> literal(size_t i);
  // The value of an integer constant; reports anything else.
  std::optional<int64_t> constant(size_t i);
  // The value of argument i, typed before, if it is known now; reports nothing.
  std::optional<uint64_t> known_constant(size_t i) const;
  std::optional<std::string> known_text(size_t i) const;  // the same of strings
  // Says what this use's value is, for a builtin that is worked out while compiling.
  void known_to_be(uint64_t value);
  void known_to_be(std::string text);
  // Argument i is a variable that this use assigns a value of that type; reports anything else.
  void assigns(size_t i, const Type &type);
  // The type of the script's option of that name, which this use gives the value of.
  Type option(const std::string &name);
  // The text of positional parameter i ("" when it was not given), whatever it looks like: str($1). Nothing when the
  // command line of the run will say it.
  std::optional<std::string> parameter_text(size_t i);
  // Argument i as a whole map (`@m`, not typed as a value): its index, or nothing after a report.
  std::optional<uint32_t> map(size_t i);
  // True when argument i is written as `@m[key]`.
  bool is_map_entry(size_t i) const;
  // Types the key of entry argument i (`@m[key]`) and returns the map's index.
  std::optional<uint32_t> map_entry(size_t i);
  // Types argument i as a key of map `map` (has_key(@m, k)).
  void key(size_t i, uint32_t map);
  const image::MapSpec &map_spec(uint32_t map) const;

  // This use asks of the kernel that loads the program what `question` says; of the one at hand, `answer` is known.
  void asks(image::KernelQuestion question, bool answer);

  const probes::Provider &provider() const;
  const probes::Context &context() const;
  const std::vector<image::Target> &targets() const;
  const image::Config &config() const;
  kernel::Kernel &kernel() const;
  bool unsafe_allowed() const;
  bool is_builtin(std::string_view name) const;

  Diagnostic &error(Location where, std::string message);
  // Reports at `where` that `what` needs a newer kernel, if the running one is older than `since`.
  void require_kernel(kernel::KernelVersion since, Location where, std::string_view what);
  Diagnostic &warning(Location where, std::string message);

  // Makes this use send an event; the byte layout follows from the fields' types.
  void event(image::EventKind kind, std::string format, std::vector<Type> fields,
             std::optional<uint32_t> map = std::nullopt, uint32_t top = 0, uint32_t divisor = 1);
  // Makes the program read its target's name index at run time when it has several targets.
  void needs_target_name();

private:
  TypeChecker &checker_;
  const builtins::Builtin &builtin_;
  const ast::Expr &expr_;
  const std::vector<ast::ExprPtr> *arguments_;
  uint32_t number_;
};

}  // namespace sonde::sema
