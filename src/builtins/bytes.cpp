// Bytes and their lengths: buf, strlen, strcap, strncmp; and what addresses are: kptr, uptr, is_err.
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
    llvm::Value *wanted = e.value64(site.argument(1));
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

// ---- strings ----

// The type that a text has once it is in BPF memory.
Type text_type(const Type &type, const image::Config &config) {
  if (type.is_string())
    return type;
  return Type::string(is_byte_array(type) ? type.count + 1 : static_cast<uint32_t>(config.max_strlen) + 1);
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
llvm::Value *emit_strcap(Emitter &e, const BuiltinSite &site) { return e.constant(site.info.constant.value_or(0)); }

Type check_strncmp(BuiltinUse &use) {
  check_text(use, 0);
  check_text(use, 1);
  if (use.constant(2).value_or(1) < 1)
    use.error(use.where(2), "strncmp() compares 1 byte or more");
  return Type::uint64();
}
llvm::Value *emit_strncmp(Emitter &e, const BuiltinSite &site) {
  uint64_t size = *e.info(site.argument(2)).constant;
  for (size_t i : {0, 1})
    size = std::min<uint64_t>(size, text_type(e.info(site.argument(i)).type, e.analysis().config).size);
  llvm::Value *left = text_memory(e, site.argument(0));
  llvm::Value *equal = e.equal_until_nul(left, text_memory(e, site.argument(1)), static_cast<uint32_t>(size));
  return e.ir().CreateZExt(e.ir().CreateNot(equal), e.ir().getInt64Ty());
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
    {"strlen", Form::Function, 1, 1, "strlen(text)", "Bytes of a string before its NUL.", check_strlen, emit_strlen},
    {"strcap", Form::Function, 1, 1, "strcap(text)", "Bytes that a string has room for.", check_strcap, emit_strcap},
    {"strncmp", Form::Function, 3, 3, "strncmp(a, b, length)",
     "0 if the first `length` bytes of two strings are the same, else 1.", check_strncmp, emit_strncmp},
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
