// One type for a place that several expressions write: a variable, a map's key or value, the two
// sides of a ternary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "sema/analysis.h"

namespace sonde::sema {

// The type that values of both types fit, or nothing: integers widen, strings take the larger size,
// tuples go element by element. None fits everything.
std::optional<Type> unify(const Type &a, const Type &b);

// The type in which a value of `type` is kept: char arrays become strings.
Type stored_type(const Type &type);
// `type` with all integers in it 64 bits wide: maps keep them so.
Type widened(const Type &type);

bool is_char_array(const Type &type);
// Strings, and what turns into one by itself.
bool is_text(const Type &type);
// The integer that an aggregation reads as; None for stats and histograms.
Type readable_type(const Type &type);
// Type with its article, for messages: "an int64", "a string[16]".
std::string a_type(const Type &type);
// Those of its anonymous members too, for "did you mean".
std::vector<std::string> field_names(const StructLayout &layout);

// What is known of a place that is written in several spots.
struct Slot {
  Type type;
  bool takes_any_integer = false;   // only natural constants were written: `$x = 0`
  bool is_declared = false;         // let $x: uint8 — never adapts
  Location first;                   // where it got its type
  Type described;                   // what sizeof and typeof say of it, where literals are its values
  bool describes_literals = false;  // and nothing else: their sign is that of what comes later
};

enum class Merge { Same, Changed, Mismatch };
// Lets `slot` hold the value `info` describes, already in its stored_type `incoming`.
Merge merge(Slot &slot, const Type &incoming, const ExprInfo &info, Location where);

}  // namespace sonde::sema
