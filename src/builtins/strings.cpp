// Strings: reading them, their lengths, comparing, joining, searching.
#include <algorithm>
#include <cstring>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using sema::BuiltinUse;

bool is_byte_array(const Type &type) { return type.kind == TypeKind::Array && type.element->size == 1; }

AddressSpace space_of(Emitter &e, const Type &type) {
  return type.space == AddressSpace::None ? e.unit().context.pointers : type.space;
}

// ---- str ----

bool is_parameter(const ast::Expr &expr) { return std::holds_alternative<ast::PositionalParameter>(expr.node); }

// Bytes that a string can take at most, with its NUL.
uint32_t most_bytes(const image::Config &config) { return static_cast<uint32_t>(config.max_strlen) + 1; }

// The same after str's second argument, which counts the NUL as bpftrace does.
uint32_t size_limit(BuiltinUse &use) {
  uint32_t most = most_bytes(use.config());
  if (use.count() < 2)
    return most;
  Type length = use.integer(1);
  std::optional<uint64_t> known = use.known_constant(1);
  if (!known || length.is_none())
    return most;
  if (*known > most)
    use.warning(use.where(1), fmt::format("strings have at most {} bytes", use.config().max_strlen))
        .with_hint("config = { max_strlen = … } sets the limit");
  return static_cast<uint32_t>(std::clamp<uint64_t>(*known, 1, most));
}

Type check_str(BuiltinUse &use) {
  uint32_t limit = size_limit(use);
  if (is_parameter(use.argument(0))) {
    std::optional<std::string> text = use.parameter_text(0);
    return Type::string(std::min(text ? static_cast<uint32_t>(text->size() + 1) : image::kTextBytes, limit));
  }
  Type source = use.value(0);
  bool is_address = source.is_integer() || source.is_pointer() || source.is_none();
  bool is_text = source.is_string() || (source.kind == TypeKind::Array && source.element->size == 1);
  if (!is_address && !is_text)
    use.error(use.where(0), fmt::format("str() reads a string at an address, but this is a {}", to_string(source)));
  return Type::string(is_text ? std::min(limit, source.size + 1) : limit);
}

// str(p, n) with n known only at run time: never more than fits.
llvm::Value *length_that_fits(Emitter &e, const ast::Expr &length, uint32_t size) {
  llvm::Value *wanted = e.opaque(e.value64(length));
  llvm::Value *fits = e.ir().CreateICmpULT(wanted, e.constant(size));
  return e.ir().CreateSelect(fits, wanted, e.constant(size));
}

llvm::Value *emit_str(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &source = site.argument(0);
  const Type &type = e.info(source).type;
  uint32_t size = site.info.type.size;
  const auto *parameter = std::get_if<ast::PositionalParameter>(&source.node);
  if (parameter && !e.info(source).text) {
    e.copy_text(image::ParameterKind::Positional, std::to_string(parameter->index), site.destination, size);
    return site.destination;
  }
  if (is_parameter(source) || !(type.is_integer() || type.is_pointer())) {
    e.store(source, site.destination, site.info.type);
    return site.destination;
  }
  llvm::Value *address = e.value64(source);
  if (site.count() > 1 && !e.info(site.argument(1)).constant)
    e.read_string(site.destination, size, length_that_fits(e, site.argument(1), size), address, type.space);
  else
    e.read_string(site.destination, size, address, type.space);
  return site.destination;
}

// ---- lengths and comparison ----

// The type that a text has once it is in BPF memory.
Type text_type(const Type &type, const image::Config &config) {
  if (type.is_string())
    return type;
  return Type::string(is_byte_array(type) ? type.count + 1 : most_bytes(config));
}

void check_text(BuiltinUse &use, size_t i) {
  Type type = use.value(i);
  bool is_text = type.is_none() || type.is_string() || is_byte_array(type) ||
                 (type.is_pointer() && type.element && type.element->size == 1);
  if (!is_text)
    use.error(use.where(i),
              fmt::format("{}() takes strings, but this is of type {}", use.builtin().name, to_string(type)))
        .with_hint("str() reads the string at an address");
}

// The text in BPF memory, of text_type() bytes.
llvm::Value *text_memory(Emitter &e, const ast::Expr &text) {
  const Type &type = e.info(text).type;
  if (type.is_string())
    return e.value(text);
  Type as = text_type(type, e.analysis().config);
  llvm::Value *memory = e.allocate(as.size, as.alignment());
  if (type.is_pointer())
    e.read_string(memory, as.size, e.value64(text), space_of(e, type));
  else
    e.store(text, memory, as);
  return memory;
}

Type check_strlen(BuiltinUse &use) {
  check_text(use, 0);
  return Type::uint64();
}
// The kernel counts the bytes as it copies them, with the NUL.
llvm::Value *emit_strlen(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &text = site.argument(0);
  Type type = text_type(e.info(text).type, e.analysis().config);
  llvm::Value *copy = e.allocate(type.size);
  llvm::Value *address = e.ir().CreatePtrToInt(text_memory(e, text), e.ir().getInt64Ty());
  llvm::Value *count = e.helper(Helper::ProbeReadKernelStr, {copy, e.constant(type.size), address});
  return e.ir().CreateSelect(e.ir().CreateICmpSGT(count, e.constant(0)), e.ir().CreateSub(count, e.constant(1)),
                             e.constant(0));
}

Type check_strcap(BuiltinUse &use) {
  check_text(use, 0);
  Type type = use.value(0);
  use.known_to_be(type.is_none() ? 0 : is_byte_array(type) ? type.count : text_type(type, use.config()).size);
  return Type::int64();
}

Type check_strncmp(BuiltinUse &use) {
  check_text(use, 0);
  check_text(use, 1);
  if (use.constant(2).value_or(1) < 1)
    use.error(use.where(2), "strncmp() compares 1 byte or more");
  return Type::uint64();
}
// Whether a text begins with that of a literal, both as strncmp() compares them.
llvm::Value *begins_with(Emitter &e, const ast::Expr &text, const std::string &literal, uint64_t size) {
  // The NUL counts, and nothing behind it.
  std::string bytes(literal.c_str(), std::min<uint64_t>(strlen(literal.c_str()) + 1, size));
  auto count = static_cast<uint32_t>(bytes.size());
  return e.equals_bytes(e.info(text).type.is_string() ? e.text_prefix(text, count) : text_memory(e, text), bytes);
}

llvm::Value *emit_strncmp(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &left = site.argument(0), &right = site.argument(1);
  uint64_t size = *e.info(site.argument(2)).constant;
  for (const ast::Expr *text : {&left, &right})
    size = std::min<uint64_t>(size, text_type(e.info(*text).type, e.analysis().config).size);
  llvm::Value *equal = nullptr;
  if (const auto &literal = e.info(right).text)
    equal = begins_with(e, left, *literal, size);
  else if (const auto &literal = e.info(left).text)
    equal = begins_with(e, right, *literal, size);
  else
    equal = e.equal_until_nul(text_memory(e, left), text_memory(e, right), static_cast<uint32_t>(size));
  return e.ir().CreateZExt(e.ir().CreateNot(equal), e.ir().getInt64Ty());
}

// ---- str_concat ----

uint32_t capacity(const Type &text, const image::Config &config) { return text_type(text, config).size; }

Type check_str_concat(BuiltinUse &use) {
  check_text(use, 0);
  check_text(use, 1);
  Type left = use.value(0), right = use.value(1);
  if (left.is_none() || right.is_none())
    return Type::none();
  return Type::string(capacity(left, use.config()) + capacity(right, use.config()) - 1);
}

llvm::Value *emit_str_concat(Emitter &e, const BuiltinSite &site) {
  const image::Config &config = e.analysis().config;
  auto address = [&](size_t i) { return e.ir().CreatePtrToInt(text_memory(e, site.argument(i)), e.ir().getInt64Ty()); };
  uint32_t room = capacity(e.info(site.argument(0)).type, config);
  llvm::Value *first = address(0), *second = address(1);
  e.zero(site.destination, site.info.type.size);
  llvm::Value *count = e.helper(Helper::ProbeReadKernelStr, {site.destination, e.constant(room), first});
  // The verifier must see that what follows still has its own size.
  llvm::Value *length = e.ir().CreateSub(count, e.constant(1));
  length = e.ir().CreateSelect(e.ir().CreateICmpULT(length, e.constant(room)), length, e.constant(0));
  llvm::Value *rest = e.ir().CreateGEP(e.ir().getInt8Ty(), site.destination, length);
  e.helper(Helper::ProbeReadKernelStr, {rest, e.constant(capacity(e.info(site.argument(1)).type, config)), second});
  return site.destination;
}

// ---- strstr, strcontains ----

// Where literals are both sides, the answer is known.
std::optional<int64_t> known_place(BuiltinUse &use) {
  std::optional<std::string> text = use.known_text(0), wanted = use.known_text(1);
  if (!text || !wanted)
    return std::nullopt;
  size_t found = text->find(*wanted);
  return found == std::string::npos ? -1 : static_cast<int64_t>(found);
}

void check_search(BuiltinUse &use) {
  check_text(use, 0);
  check_text(use, 1);
  if (!use.known_text(1))
    use.require_kernel(kernel::kCountedLoops, use.where(1),
                       fmt::format("{}() of a string that is no literal", use.builtin().name));
}

Type check_strstr(BuiltinUse &use) {
  check_search(use);
  if (auto place = known_place(use))
    use.known_to_be(static_cast<uint64_t>(*place));
  return Type::int64();
}
llvm::Value *emit_strstr(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &text = site.argument(0), &wanted = site.argument(1);
  const image::Config &config = e.analysis().config;
  uint32_t size = capacity(e.info(text).type, config);
  llvm::Value *memory = text_memory(e, text);
  if (const auto &literal = e.info(wanted).text)
    return e.find_literal(memory, size, *literal);
  return e.find_string(memory, size, text_memory(e, wanted), capacity(e.info(wanted).type, config));
}

Type check_strcontains(BuiltinUse &use) {
  check_search(use);
  if (auto place = known_place(use))
    use.known_to_be(*place >= 0);
  return Type::boolean();
}
llvm::Value *emit_strcontains(Emitter &e, const BuiltinSite &site) {
  return e.ir().CreateZExt(e.ir().CreateICmpSGE(emit_strstr(e, site), e.constant(0)), e.ir().getInt8Ty());
}

Type check_default_length(BuiltinUse &use) {
  use.known_to_be(use.config().max_strlen);
  return Type::uint64();
}

constexpr Builtin kRows[] = {
    {"str", Form::Function, 1, 2, "str(address [, length])",
     "The NUL-terminated string at an address, at most `length` bytes of it with the NUL.", check_str, emit_str,
     /*is_numbered=*/false, /*has_effects=*/false, Role::ReadsString},
    {"strlen", Form::Function, 1, 1, "strlen(text)", "Bytes of a string before its NUL.", check_strlen, emit_strlen},
    {"strcap", Form::Function, 1, 1, "strcap(text)", "Bytes that a string has room for.", check_strcap, emit_known},
    {"strncmp", Form::Function, 3, 3, "strncmp(a, b, length)",
     "0 if the first `length` bytes of two strings are the same, else 1.", check_strncmp, emit_strncmp},
    {"str_concat", Form::Function, 2, 2, "str_concat(a, b)", "The first string, then the second.", check_str_concat,
     emit_str_concat},
    {"strstr", Form::Function, 2, 2, "strstr(text, wanted)",
     "Where one string first occurs in another, counted in bytes from 0; -1 if it does not.", check_strstr,
     emit_strstr},
    {"strcontains", Form::Function, 2, 2, "strcontains(text, wanted)", "True if one string occurs in another.",
     check_strcontains, emit_strcontains},
    {"default_str_length", Form::Value, 0, 0, "default_str_length", "The setting max_strlen.", check_default_length,
     emit_known},
};

}  // namespace

std::span<const Builtin> string_builtins() { return kRows; }

}  // namespace sonde::builtins
