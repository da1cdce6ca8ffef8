// Addresses of networks: ntop, pton, macaddr, and the byte order of numbers that come from them.
#include <arpa/inet.h>
#include <llvm/IR/Intrinsics.h>

#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

constexpr uint32_t kIpv4Bytes = 4, kIpv6Bytes = 16, kMacBytes = 6;

bool is_bytes(const Type &type, uint32_t count) {
  return type.kind == TypeKind::Array && type.element->size == 1 && type.count == count;
}

// ---- ntop ----

// __be32 all[4], struct in6_addr, uint8[4]
bool holds_address(const Type &type) {
  bool is_object = type.kind == TypeKind::Array || type.kind == TypeKind::Struct;
  return is_object && (type.size == kIpv4Bytes || type.size == kIpv6Bytes);
}

Type check_ntop(BuiltinUse &use) {
  size_t at = use.count() - 1;
  if (at == 1)
    use.integer(0);
  Type address = use.value(at);
  bool fits = address.is_none() || address.is_integer() || address.is_aggregate() || holds_address(address);
  if (!fits)
    use.error(use.where(at),
              fmt::format("ntop() shows an integer, or an array or struct of 4 or 16 bytes, but this is of type {}",
                          to_string(address)));
  return Type::inet();
}

// { u32 family, 16 bytes }
llvm::Value *emit_ntop(Emitter &e, const BuiltinSite &site) {
  size_t at = site.count() - 1;
  const ast::Expr &address = site.argument(at);
  const Type &type = e.info(address).type;
  bool is_object = holds_address(type);
  bool is_ipv6 = is_object && type.size == kIpv6Bytes;
  llvm::Value *bytes = e.offset(site.destination, 4);
  if (!is_ipv6)
    e.zero(bytes, kIpv6Bytes);
  e.store(address, bytes, is_object ? type : Type::integer(32, false));
  llvm::Value *family =
      at == 1 ? e.value_as(site.argument(0), Type::integer(32, false)) : e.constant(is_ipv6 ? AF_INET6 : AF_INET, 32);
  e.ir().CreateAlignedStore(family, site.destination, llvm::Align(4));
  return site.destination;
}

// ---- pton ----

// The bytes that a text stands for; empty for what is no address.
std::vector<uint8_t> parse_address(const std::string &text) {
  std::vector<uint8_t> bytes(kIpv6Bytes);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1)
    return bytes;
  bytes.resize(kIpv4Bytes);
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return bytes;
  return {};
}

Type check_pton(BuiltinUse &use) {
  std::optional<std::string> text = use.literal(0);
  std::vector<uint8_t> bytes = parse_address(text.value_or("0.0.0.0"));
  if (bytes.empty())
    use.error(use.where(0), fmt::format("'{}' is neither an IPv4 nor an IPv6 address", *text));
  return Type::array(Type::integer(8, false), bytes.size() == kIpv6Bytes ? kIpv6Bytes : kIpv4Bytes);
}
llvm::Value *emit_pton(Emitter &e, const BuiltinSite &site) {
  std::vector<uint8_t> bytes = parse_address(*e.info(site.argument(0)).text);
  for (size_t i = 0; i < bytes.size(); ++i)
    e.ir().CreateAlignedStore(e.constant(bytes[i], 8), e.offset(site.destination, i), llvm::Align(1));
  return site.destination;
}

// ---- macaddr ----

bool is_address(const Type &type) { return type.is_integer() || type.is_pointer(); }

Type check_macaddr(BuiltinUse &use) {
  Type address = use.value(0);
  if (!address.is_none() && !is_address(address) && !is_bytes(address, kMacBytes))
    use.error(use.where(0),
              fmt::format("macaddr() shows an array of 6 bytes, or those at an address, but this is of type {}",
                          to_string(address)));
  return Type::mac_address();
}
llvm::Value *emit_macaddr(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &source = site.argument(0);
  const Type &type = e.info(source).type;
  if (!is_address(type)) {
    e.store(source, site.destination, type);
    return site.destination;
  }
  AddressSpace space = type.space == AddressSpace::None ? e.unit().context.pointers : type.space;
  e.read_memory(site.destination, kMacBytes, e.value64(source), space);
  return site.destination;
}

// ---- bswap ----

// A bare constant has the bytes that it needs.
uint32_t bytes_of(const Type &type, std::optional<uint64_t> constant) {
  if (!constant || type.size < 8)
    return type.size;
  uint32_t size = 1;
  while (size < 8 && *constant >> (8 * size))
    size *= 2;
  return size;
}

Type check_bswap(BuiltinUse &use) {
  Type type = use.integer(0);
  if (!type.is_none() && !type.is_integer())
    use.error(use.where(0), fmt::format("bswap() takes an integer, but this is of type {}", to_string(type)));
  uint32_t size = type.is_integer() ? bytes_of(type, use.known_constant(0)) : 8;
  return Type::integer(8 * size, false);
}
llvm::Value *emit_bswap(Emitter &e, const BuiltinSite &site) {
  llvm::Value *value = e.value_as(site.argument(0), site.info.type);
  return site.info.type.size == 1 ? value : e.ir().CreateUnaryIntrinsic(llvm::Intrinsic::bswap, value);
}

constexpr Builtin kRows[] = {
    {"ntop", Form::Function, 1, 2, "ntop([family,] address)",
     "An IPv4 or IPv6 address in its usual notation; from an integer in network order, or an array or struct of 4 or "
     "16 bytes.",
     check_ntop, emit_ntop},
    {"pton", Form::Function, 1, 1, "pton(\"address\")", "The 4 or 16 bytes of an address in its usual notation.",
     check_pton, emit_pton},
    {"macaddr", Form::Function, 1, 1, "macaddr(bytes)",
     "A MAC address, from an array of 6 bytes or from the address of 6 bytes in memory.", check_macaddr, emit_macaddr},
    {"bswap", Form::Function, 1, 1, "bswap(n)", "The integer with its bytes in reverse order.", check_bswap,
     emit_bswap},
};

}  // namespace

std::span<const Builtin> network_builtins() { return kRows; }

}  // namespace sonde::builtins
