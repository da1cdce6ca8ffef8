// What ends a run or its compilation when something does not hold: assert, static_assert, fail.
#include "builtins/check_format.h"
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "image/printf_format.h"
#include "sema/arithmetic.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

// A text as a format that prints it.
std::string as_format(const std::string &text) {
  std::string format;
  for (char c : text)
    format += c == '%' ? std::string("%%") : std::string(1, c);
  return format;
}

Type check_assert(BuiltinUse &use) {
  use.integer(0);
  std::optional<std::string> message = use.literal(1);
  use.event(image::EventKind::Assertion, "assert failed: " + as_format(message.value_or("")), {});
  return Type::none();
}
llvm::Value *emit_assert(Emitter &e, const BuiltinSite &site) {
  e.branch(e.ir().CreateNot(e.condition(site.argument(0))), [&] {
    e.send_event(site.info.event, std::span<const codegen::FieldWriter>());
    e.return_from_program();
  });
  return nullptr;
}

Type check_static_assert(BuiltinUse &use) {
  std::optional<int64_t> holds = use.constant(0);
  std::string message = use.literal(1).value_or("");
  if (holds == 0)
    use.error(use.where(), message);
  return Type::none();
}

// One conversion of a value that is known: numbers as the conversion says, anything with %s as it is. Nothing after a
// report.
std::optional<std::string> known_argument(BuiltinUse &use, size_t i, const image::FormatPiece &piece) {
  Type type = use.value(i);
  std::optional<std::string> text = use.known_text(i);
  std::optional<uint64_t> number = use.known_constant(i);
  if (text && (piece.conversion == "s" || !number))
    return text;
  if (!number) {
    if (!type.is_none())
      use.error(use.where(i), "fail() happens while compiling, but this is known only when the script runs");
    return std::nullopt;
  }
  if (piece.conversion == "x" || piece.conversion == "p")
    return fmt::format("{:x}", *number);
  return piece.conversion == "X" ? fmt::format("{:X}", *number) : sema::constant_text(*number, type);
}

std::optional<std::string> message_of(BuiltinUse &use, const image::PrintfFormat &format) {
  std::string message;
  size_t next = 1;
  for (const image::FormatPiece &piece : format.pieces) {
    message += piece.literal;
    if (!piece.has_conversion)
      continue;
    std::optional<std::string> argument = known_argument(use, next++, piece);
    if (!argument)
      return std::nullopt;
    message += *argument;
  }
  return message;
}

Type check_fail(BuiltinUse &use) {
  std::optional<image::PrintfFormat> format = check_format(use);
  std::optional<std::string> message = format ? message_of(use, *format) : std::nullopt;
  if (message)
    use.error(use.where(), *message);
  return Type::none();
}
llvm::Value *emit_nothing(Emitter &, const BuiltinSite &) { return nullptr; }

constexpr Builtin kRows[] = {
    {"assert", Form::Statement, 2, 2, "assert(condition, \"message\")",
     "Ends the run with the message and exit code 1 if the condition does not hold.", check_assert, emit_assert},
    {"static_assert", Form::Statement, 2, 2, "static_assert(condition, \"message\")",
     "An error of the script with that message if the condition, a constant, does not hold.", check_static_assert,
     emit_nothing},
    {"fail", Form::Statement, 1, kAnyCount, "fail(format, ...)",
     "An error of the script, with a message made of what is known while compiling.", check_fail, emit_nothing},
};

}  // namespace

std::span<const Builtin> assertion_builtins() { return kRows; }

}  // namespace sonde::builtins
