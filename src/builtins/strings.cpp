// Reading strings.
#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

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
    auto size = static_cast<uint32_t>(use.parameter_text(0).size() + 1);
    return Type::string(std::min(size, limit));
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
  llvm::Value *wanted = e.value64(length);
  llvm::Value *fits = e.ir().CreateICmpULT(wanted, e.constant(size));
  return e.ir().CreateSelect(fits, wanted, e.constant(size));
}

llvm::Value *emit_str(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &source = site.argument(0);
  const Type &type = e.info(source).type;
  uint32_t size = site.info.type.size;
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

constexpr Builtin kRows[] = {
    {"str", Form::Function, 1, 2, "str(address [, length])",
     "The NUL-terminated string at an address, at most `length` bytes of it with the NUL.", check_str, emit_str},
};

}  // namespace

std::span<const Builtin> string_builtins() { return kRows; }

}  // namespace sonde::builtins
