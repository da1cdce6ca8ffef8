// What is printed: printf and what takes a format as it does, print, join.
#include <algorithm>

#include "builtins/check_format.h"
#include "builtins/families.h"
#include "builtins/printed_values.h"
#include "builtins/seq_printf.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::FieldWriter;
using sema::BuiltinUse;

// ---- printf ----

// What conversions accept: one row per class of conversion.
enum class Wants { Number, Text, Bytes };
Wants wants(const image::FormatPiece &piece) {
  if (piece.conversion == "s")
    return Wants::Text;
  return piece.conversion.starts_with('r') ? Wants::Bytes : Wants::Number;
}

bool acts_as_number(const Type &type) {
  return type.is_integer() || type.is_pointer() || type.kind == TypeKind::Bool || type.kind == TypeKind::Enum ||
         type.kind == TypeKind::KernelSymbol;
}

bool accepts(Wants wanted, const Type &type) {
  switch (wanted) {
  case Wants::Number: return acts_as_number(type);
  case Wants::Text: return true;  // whatever print() shows
  case Wants::Bytes: return type.kind == TypeKind::Buffer || type.is_string() || type.kind == TypeKind::Array;
  }
  return false;
}

void report_mismatch(BuiltinUse &use, size_t argument, const image::FormatPiece &piece, const Type &type) {
  use.error(use.where(argument), fmt::format("%{} cannot print a value of type {}", piece.conversion, to_string(type)))
      .with_hint(acts_as_number(type) ? "use %d, or buf() for its bytes" : "use %s");
}

// Types the argument for one conversion and returns the type of its field.
Type check_conversion(BuiltinUse &use, size_t argument, const image::FormatPiece &piece) {
  Type type = use.value(argument);
  if (type.is_none())
    return type;
  Wants wanted = wants(piece);
  if (!accepts(wanted, type))
    report_mismatch(use, argument, piece, type);
  return wanted == Wants::Text ? as_text(type, use.config()) : type;
}

std::vector<Type> check_conversions(BuiltinUse &use, const image::PrintfFormat &format) {
  std::vector<Type> fields;
  for (const image::FormatPiece &piece : format.pieces) {
    if (!piece.has_conversion)
      continue;
    for (bool from_argument : {piece.width_from_argument, piece.precision_from_argument})
      if (from_argument)
        fields.push_back(use.integer(1 + fields.size()));
    fields.push_back(check_conversion(use, 1 + fields.size(), piece));
  }
  return fields;
}

template <image::EventKind kind> Type check_formatted(BuiltinUse &use) {
  std::optional<image::PrintfFormat> format = check_format(use);
  if (!format)
    return Type::none();
  std::vector<Type> fields = check_conversions(use, *format);
  if (kind == image::EventKind::Printf && use.context().is_pinned)
    check_seq_printf(use, *format, fields);
  else
    use.event(kind, *use.known_text(0), std::move(fields));
  return Type::none();
}

llvm::Value *emit_printf(Emitter &e, const BuiltinSite &site) {
  if (e.unit().context.is_pinned)
    return emit_seq_printf(e, site);
  const image::EventSpec &event = e.analysis().events[site.info.event];
  std::vector<FieldWriter> writers;
  for (size_t i = 0; i < event.fields.size(); ++i)
    writers.push_back(field_writer(e, site.argument(i + 1), event.fields[i].type));
  e.send_event(site.info.event, writers);
  return nullptr;
}

Type check_system(BuiltinUse &use) {
  if (!use.unsafe_allowed())
    use.error(use.where(), "system() runs commands, which is unsafe").with_hint("--unsafe allows it");
  return check_formatted<image::EventKind::System>(use);
}

// ---- print ----

// print(@map [, top [, divisor]])
void check_print_map(BuiltinUse &use, uint32_t map) {
  uint32_t limits[2] = {0, 1};
  for (size_t i = 1; i < use.count(); ++i) {
    int64_t value = use.constant(i).value_or(0);
    if (value < 0 || (i == 2 && value == 0))
      use.error(use.where(i), i == 1 ? "the number of entries to print must be 0 or more" : "cannot divide by zero");
    limits[i - 1] = static_cast<uint32_t>(value);
  }
  use.event(image::EventKind::PrintMap, {}, {}, map, limits[0], limits[1]);
}

bool is_distribution(const Type &type) {
  return type.kind == TypeKind::Hist || type.kind == TypeKind::Lhist || type.kind == TypeKind::Series ||
         type.kind == TypeKind::Stats;
}

bool is_whole_map(BuiltinUse &use) {
  const auto *map = std::get_if<ast::Map>(&use.argument(0).node);
  return map && !map->key;
}

// An entry that is no single number, or that the program cannot read, prints as its map would print it: the key
// travels, the reader looks it up.
bool check_print_entry(BuiltinUse &use) {
  if (!use.is_map_entry(0))
    return false;
  std::optional<uint32_t> map = use.map_entry(0);
  if (!map)
    return false;
  const Type &value = use.map_spec(*map).value;
  bool is_readable = !value.is_aggregate() || kernel::reads_other_cpus(use.kernel());
  if (is_readable && !is_distribution(value))
    return false;
  use.event(image::EventKind::PrintMapEntry, {}, {use.map_spec(*map).key}, map);
  return true;
}

Type check_print(BuiltinUse &use) {
  if (is_whole_map(use)) {
    if (std::optional<uint32_t> map = use.map(0))
      check_print_map(use, *map);
    return Type::none();
  }
  if (use.count() > 1)
    use.error(use.where(1), "only whole maps are printed with a top and a divisor")
        .with_hint("print(@map, top, divisor)");
  if (check_print_entry(use))
    return Type::none();
  Type type = use.value(0);
  if (!type.is_none())
    use.event(image::EventKind::PrintValue, {}, {as_text(type, use.config())});
  return Type::none();
}

llvm::Value *emit_print(Emitter &e, const BuiltinSite &site) {
  const image::EventSpec &event = e.analysis().events[site.info.event];
  std::vector<FieldWriter> writers;
  if (event.kind == image::EventKind::PrintValue)
    writers.push_back(field_writer(e, site.argument(0), event.fields[0].type));
  if (event.kind == image::EventKind::PrintMapEntry)
    writers.push_back([&](llvm::Value *destination) {
      e.store(*std::get<ast::Map>(site.argument(0).node).key, destination, event.fields[0].type);
    });
  e.send_event(site.info.event, writers);
  return nullptr;
}

// ---- join ----

constexpr uint32_t kJoinArguments = 16;

Type check_join(BuiltinUse &use) {
  use.integer(0);
  std::string separator = use.count() > 1 ? use.literal(1).value_or("") : " ";
  Type text = Type::string(static_cast<uint32_t>(use.config().max_strlen) + 1);
  use.event(image::EventKind::Join, separator, {Type::array(text, kJoinArguments)});
  return Type::none();
}

// Reads a null-terminated array of strings. After its end the address stays zero, of which nothing
// can be read: without branches the verifier follows one path instead of sixteen.
void write_arguments(Emitter &e, llvm::Value *array, AddressSpace space, uint32_t size, llvm::Value *destination) {
  auto &ir = e.ir();
  llvm::Value *pointer = e.allocate(8);
  llvm::Value *alive = ir.getTrue();
  for (uint32_t i = 0; i < kJoinArguments; ++i) {
    e.read_memory(pointer, 8, ir.CreateAdd(array, e.constant(i * 8)), space);
    llvm::Value *address = ir.CreateLoad(ir.getInt64Ty(), pointer);
    alive = ir.CreateAnd(alive, ir.CreateICmpNE(address, e.constant(0)));
    e.read_string(e.offset(destination, uint64_t{i} * size), size, ir.CreateSelect(alive, address, e.constant(0)),
                  space);
  }
}

llvm::Value *emit_join(Emitter &e, const BuiltinSite &site) {
  const Type &array_type = e.analysis().events[site.info.event].fields[0].type;
  const Type &type = e.info(site.argument(0)).type;
  AddressSpace space = type.space == AddressSpace::None ? e.unit().context.pointers : type.space;
  FieldWriter writer = [&](llvm::Value *destination) {
    llvm::Value *array = e.value64(site.argument(0));
    e.without_counting_reads([&] { write_arguments(e, array, space, array_type.element->size, destination); });
  };
  e.send_event(site.info.event, std::span(&writer, 1));
  return nullptr;
}

// ---- debugf ----

constexpr size_t kMostTraceArguments = 3;  // bpf_trace_printk, bpf-helpers(7)

Type check_debugf(BuiltinUse &use) {
  std::optional<image::PrintfFormat> format = check_format(use);
  if (!format)
    return Type::none();
  std::vector<Type> types = check_conversions(use, *format);
  if (types.size() > kMostTraceArguments)
    use.error(use.where(1 + kMostTraceArguments),
              fmt::format("debugf() prints {} values at most", kMostTraceArguments));
  for (size_t i = 0; i < types.size(); ++i)
    if (!types[i].is_none() && !types[i].is_scalar() && !types[i].is_string())
      use.error(use.where(1 + i),
                fmt::format("debugf() prints numbers and strings, but this is of type {}", to_string(types[i])));
  return Type::none();
}

llvm::Value *emit_debugf(Emitter &e, const BuiltinSite &site) {
  auto memory_of = [&](const ast::Expr &text) { return e.ir().CreatePtrToInt(e.value(text), e.ir().getInt64Ty()); };
  llvm::Value *arguments[kMostTraceArguments] = {e.constant(0), e.constant(0), e.constant(0)};
  for (size_t i = 1; i < site.count(); ++i) {
    const ast::Expr &argument = site.argument(i);
    arguments[i - 1] = e.info(argument).type.is_string() ? memory_of(argument) : e.value64(argument);
  }
  const ast::Expr &format = site.argument(0);
  llvm::Value *size = e.constant(e.info(format).type.size);
  e.helper(codegen::Helper::TracePrintk, {e.value(format), size, arguments[0], arguments[1], arguments[2]});
  return nullptr;
}

constexpr Builtin kRows[] = {
    {"printf", Form::Statement, 1, kAnyCount, "printf(format, ...)",
     "Prints by a format as in C, %s for everything that has a text form.", check_formatted<image::EventKind::Printf>,
     emit_printf},
    {"cat", Form::Statement, 1, kAnyCount, "cat(format, ...)", "Prints the file whose path the format gives.",
     check_formatted<image::EventKind::Cat>, emit_printf},
    {"system", Form::Statement, 1, kAnyCount, "system(format, ...)",
     "Runs the command that the format gives and prints its output; needs --unsafe.", check_system, emit_printf},
    {"errorf", Form::Statement, 1, kAnyCount, "errorf(format, ...)",
     "Prints an error message with its place in the script.", check_formatted<image::EventKind::Error>, emit_printf},
    {"warnf", Form::Statement, 1, kAnyCount, "warnf(format, ...)", "Prints a warning with its place in the script.",
     check_formatted<image::EventKind::Warning>, emit_printf},
    {"debugf", Form::Statement, 1, kAnyCount, "debugf(format, ...)",
     "Prints at most 3 values to the kernel's trace_pipe, by the kernel's own printf.", check_debugf, emit_debugf},
    {"print", Form::Statement, 1, 3, "print(value) or print(@map [, top [, divisor]])",
     "Prints a value and a newline, or a map: all of it or its `top` largest entries, divided by `divisor`.",
     check_print, emit_print},
    {"join", Form::Statement, 1, 2, "join(array [, separator])",
     "Prints the strings of a null-terminated array, at most 16 of them, as of argv.", check_join, emit_join},
};

}  // namespace

std::span<const Builtin> output_builtins() { return kRows; }

}  // namespace sonde::builtins
