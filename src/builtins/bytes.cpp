// Bytes: buf, memcmp; and what addresses are: kptr, uptr, is_err.
#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using sema::BuiltinUse;

bool is_address(const Type &type) { return type.is_integer() || type.is_pointer(); }
bool is_byte_array(const Type &type) { return type.kind == TypeKind::Array && type.element->size == 1; }

AddressSpace space_of(Emitter &e, const Type &type) {
  return type.space == AddressSpace::None ? e.unit().context.pointers : type.space;
}

// ---- buf ----

// Bytes of the buffer: those asked for, or all of an array.
uint32_t buffer_size(BuiltinUse &use, const Type &source) {
  auto most = static_cast<uint32_t>(use.config().max_strlen);
  if (use.count() > 1) {
    use.integer(1);
    uint64_t wanted = use.known_constant(1).value_or(most);
    if (wanted > most)
      use.warning(use.where(1), fmt::format("buffers have at most {} bytes", most))
          .with_hint("config = { max_strlen = … } sets the limit");
    return static_cast<uint32_t>(std::min<uint64_t>(wanted, most));
  }
  if (is_address(source))
    use.error(use.where(), "buf() needs a length for an address").with_hint(std::string(use.builtin().signature));
  return std::min(std::max(source.size, 1u), most);
}

Type check_buf(BuiltinUse &use) {
  Type source = use.value(0);
  bool fits = source.is_none() || is_address(source) || source.is_string() || is_byte_array(source);
  if (!fits)
    use.error(use.where(0), fmt::format("buf() takes an address, a string or an array of bytes, but this is of type {}",
                                        to_string(source)));
  return Type::buffer(4 + buffer_size(use, source));
}

// Of an object of BPF memory, or one that can be brought there.
void store_bytes(Emitter &e, const ast::Expr &source, llvm::Value *bytes, uint32_t size) {
  const Type &type = e.info(source).type;
  uint32_t common = std::min(size, type.size);
  if (size > common)
    e.zero(e.offset(bytes, common), size - common);
  e.copy(bytes, e.value(source), common);
}

// { u32 length, bytes }
llvm::Value *emit_buf(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &source = site.argument(0);
  const Type &type = e.info(source).type;
  uint32_t size = site.info.type.size - 4;
  llvm::Value *bytes = e.offset(site.destination, 4);
  bool is_fixed = site.count() < 2 || e.info(site.argument(1)).constant;
  llvm::Value *length = e.constant(size);
  if (!is_fixed) {
    llvm::Value *wanted = e.opaque(e.value64(site.argument(1)));
    length = e.ir().CreateSelect(e.ir().CreateICmpULT(wanted, length), wanted, length);
  }
  e.ir().CreateAlignedStore(e.ir().CreateTrunc(length, e.ir().getInt32Ty()), site.destination, llvm::Align(4));
  if (!is_address(type)) {
    store_bytes(e, source, bytes, size);
  } else if (is_fixed) {
    e.read_memory(bytes, size, e.value64(source), space_of(e, type));
  } else {
    e.zero(bytes, size);
    Helper read = space_of(e, type) == AddressSpace::User ? Helper::ProbeReadUser : Helper::ProbeReadKernel;
    e.helper(read, {bytes, length, e.value64(source)});
  }
  return site.destination;
}

// ---- memcmp ----

// Objects are compared where they are, addresses after a copy.
void check_compared(BuiltinUse &use, size_t i, int64_t length) {
  Type type = use.value(i);
  if (type.is_none() || type.is_pointer())
    return;
  uint32_t size = type.kind == TypeKind::Buffer ? type.size - 4 : type.size;
  if (type.is_scalar() || type.is_aggregate())
    use.error(use.where(i), fmt::format("memcmp() compares objects in memory, but this is of type {}", to_string(type)))
        .with_hint("== compares numbers");
  else if (length > size)
    use.error(use.where(i), fmt::format("this has {} bytes, fewer than the {} to compare", size, length));
}

Type check_memcmp(BuiltinUse &use) {
  int64_t length = use.constant(2).value_or(1), most = static_cast<int64_t>(use.config().max_strlen) + 1;
  if (length < 1 || length > most)
    use.error(use.where(2), fmt::format("memcmp() compares 1 to {} bytes", most));
  check_compared(use, 0, length);
  check_compared(use, 1, length);
  return Type::integer(32, true);
}

llvm::Value *compared_bytes(Emitter &e, const ast::Expr &object, uint32_t size) {
  const Type &type = e.info(object).type;
  if (!type.is_pointer())
    return type.kind == TypeKind::Buffer ? e.offset(e.value(object), 4) : e.value(object);
  llvm::Value *copy = e.allocate(size);
  e.read_memory(copy, size, e.value64(object), space_of(e, type));
  return copy;
}

llvm::Value *emit_memcmp(Emitter &e, const BuiltinSite &site) {
  auto size = static_cast<uint32_t>(*e.info(site.argument(2)).constant);
  llvm::Value *left = compared_bytes(e, site.argument(0), size);
  return e.first_difference(left, compared_bytes(e, site.argument(1), size), size);
}

// ---- addresses ----

template <AddressSpace space> Type check_space(BuiltinUse &use) {
  Type type = use.integer(0);
  type.space = type.is_pointer() ? space : type.space;
  return type.is_none() ? Type::uint64() : type;
}
llvm::Value *emit_same(Emitter &e, const BuiltinSite &site) { return e.value(site.argument(0)); }

Type check_is_err(BuiltinUse &use) {
  use.integer(0);
  return Type::boolean();
}
// The last page of addresses stands for negative errnos (include/linux/err.h).
llvm::Value *emit_is_err(Emitter &e, const BuiltinSite &site) {
  constexpr int64_t kMaxErrno = 4095;
  llvm::Value *is_error =
      e.ir().CreateICmpUGE(e.value64(site.argument(0)), e.constant(static_cast<uint64_t>(-kMaxErrno)));
  return e.ir().CreateZExt(is_error, e.ir().getInt8Ty());
}

constexpr Builtin kRows[] = {
    {"buf", Form::Function, 1, 2, "buf(data [, length])",
     "Bytes at an address, of a string or of an array, at most `length`; %r, %rx and %rh print them.", check_buf,
     emit_buf},
    {"memcmp", Form::Function, 3, 3, "memcmp(a, b, length)",
     "Compares two objects or what two pointers lead to: 0, or the difference of the first bytes that differ.",
     check_memcmp, emit_memcmp},
    {"kptr", Form::Function, 1, 1, "kptr(pointer)", "The pointer, as one into the kernel's memory.",
     check_space<AddressSpace::Kernel>, emit_same},
    {"uptr", Form::Function, 1, 1, "uptr(pointer)", "The pointer, as one into the process's memory.",
     check_space<AddressSpace::User>, emit_same},
    {"is_err", Form::Function, 1, 1, "is_err(pointer)", "True if the kernel's pointer stands for an error.",
     check_is_err, emit_is_err},
};

}  // namespace

std::span<const Builtin> byte_builtins() { return kRows; }

}  // namespace sonde::builtins
