// Grammar of the expressions. Constants that sema refuses, such as a divisor of zero, are not made.
#include "expressions.h"

#include <fmt/format.h>

namespace sonde::random {
namespace {

constexpr const char *kIntegerTypes[] = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"};
constexpr uint32_t kIntegers = 8, kTexts = 4;
constexpr int kDepth = 4;

}  // namespace

std::string Expressions::literal() {
  switch (random_.below(5)) {
  case 0: return std::to_string(random_.below(4));
  case 1: return std::to_string(random_.below(300));
  case 2: return std::to_string((uint64_t{1} << random_.below(63)) - random_.below(2));
  case 3: return fmt::format("(-{})", random_.below(1000) + 1);
  default: return std::to_string(random_.bits() >> (1 + random_.below(62)));
  }
}

std::string Expressions::text() {
  if (random_.one_in(3))
    return "\"" + random_.of({"", "a", "abc", "abcdefg", "abcdefgh", "abcdefghi", "x"}) + "\"";
  return fmt::format("$s{}", random_.below(kTexts));
}

std::string Expressions::number(int depth) {
  if (depth == 0 || random_.one_in(6)) {
    if (random_.one_in(4))
      return literal();
    return fmt::format("{}{}", random_.one_in(3) ? "@i" : "$i", random_.below(kIntegers));
  }
  return operation(depth - 1);
}

std::string Expressions::operation(int depth) {
  switch (random_.below(14)) {
  case 0: return fmt::format("(({}){})", kIntegerTypes[random_.below(8)], number(depth));
  case 1: return fmt::format("({}{})", random_.of({"-", "~", "!"}), number(depth));
  case 2: return fmt::format("({} {} {})", number(depth), random_.of({"<<", ">>"}), random_.below(64));
  case 3: return fmt::format("({} {} $i{})", number(depth), random_.of({"<<", ">>"}), random_.below(kIntegers));
  case 4: return fmt::format("({} {} {})", number(depth), random_.of({"/", "%"}), random_.below(100) + 1);
  case 5: return fmt::format("({} {} $i{})", number(depth), random_.of({"/", "%"}), random_.below(kIntegers));
  case 6: return fmt::format("({} ? {} : {})", condition(depth), number(depth), number(depth));
  case 7: return fmt::format("({}, {}).{}", number(depth), number(depth), random_.below(2));
  case 8: return fmt::format("({})", condition(depth));
  case 9: return fmt::format("strlen({})", text());
  case 10: return fmt::format("bswap((uint{}){})", 8 << random_.below(4), number(depth));
  default: return fmt::format("({} {} {})", number(depth), random_.of({"+", "-", "*", "&", "|", "^"}), number(depth));
  }
}

std::string Expressions::condition(int depth) {
  std::string order = random_.of({"<", "<=", ">", ">=", "==", "!="}), equality = random_.of({"==", "!="});
  if (depth == 0)
    return fmt::format("$i{} {} {}", random_.below(kIntegers), order, literal());
  switch (random_.below(6)) {
  case 0: return fmt::format("({} {} {})", condition(depth - 1), random_.of({"&&", "||"}), condition(depth - 1));
  case 1: return fmt::format("{} {} {}", text(), equality, text());
  case 2: return fmt::format("strncmp({}, {}, {}) == 0", text(), text(), random_.below(12) + 1);
  case 3: return fmt::format("($i0, (int64){}) {} ($i0, (int64){})", number(0), equality, number(0));
  default: return fmt::format("{} {} {}", number(depth - 1), order, number(depth - 1));
  }
}

std::string Expressions::write_inputs() {
  std::string script;
  for (uint32_t i = 0; i < kIntegers; ++i)
    script += fmt::format("@i{} = ({}){}; ", i, kIntegerTypes[i], literal());
  for (uint32_t i = 0; i < kTexts; ++i)
    script += fmt::format(
        "@s{} = \"{}\"; ", i,
        random_.of({"", "a", "abc", "abcdefg", "abcdefgh", "abcdefghij", "a longer text than the others, by far"}));
  return script;
}

std::string Expressions::read_inputs() {
  std::string script;
  for (uint32_t i = 0; i < kIntegers; ++i)
    script += fmt::format("$i{0} = @i{0}; ", i);
  for (uint32_t i = 0; i < kTexts; ++i)
    script += fmt::format("$s{0} = @s{0}; ", i);
  return script;
}

std::string expression_script(uint64_t seed, uint32_t expressions) {
  Random random(seed);
  Expressions grammar(random);
  std::string script = "BEGIN { " + grammar.write_inputs() + "}\nBEGIN {\n  " + Expressions::read_inputs() + "\n";
  for (uint32_t i = 0; i < expressions; ++i)
    script += fmt::format("  @r[{}] = (uint64)({});\n", i, grammar.number(kDepth));
  return script + "}\n";
}

}  // namespace sonde::random
