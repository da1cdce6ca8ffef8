// Comparing strings and other memory.
#include <llvm/ADT/bit.h>

#include <algorithm>
#include <cstring>

#include "builtins/builtin.h"
#include "codegen/emitter.h"

namespace sonde::codegen {
namespace {

// Up to here memory is compared by words in line; beyond, by a loop.
constexpr uint32_t kInlineBytes = 64;

}  // namespace

llvm::Value *Emitter::equal_strings(const ast::Expr &left, const ast::Expr &right) {
  const sema::ExprInfo &first = info(left), &second = info(right);
  // What is only compared is read up to its NUL.
  bool padded = std::exchange(pad_strings_, false);
  llvm::Value *result = nullptr;
  if (first.text && second.text)
    result = ir_.getInt1(*first.text == *second.text);
  else if (first.text || second.text)
    result = equals_literal(first.text ? right : left, first.text ? *first.text : *second.text);
  else {
    llvm::Value *a = string_value(left);
    // The last byte of both is a NUL.
    uint32_t same = first.type.size == second.type.size && first.type.is_string() && second.type.is_string();
    result = equal_until_nul(a, string_value(right), std::max(std::min(first.type.size, second.type.size) - same, 1u));
  }
  pad_strings_ = padded;
  return result;
}

// The address of a string, also of one that is an array of characters elsewhere.
llvm::Value *Emitter::string_value(const ast::Expr &expr) {
  const Type &type = info(expr).type;
  if (type.is_string())
    return value(expr);
  llvm::Value *memory = allocate(type.size + 1);
  store(expr, memory, Type::string(type.size + 1));
  return memory;
}

// A string that the script reads for this alone is read as far as it is looked at: str(p) == "foo" reads five bytes,
// four of them to compare and one that may be anything. Memory of the stack's does for so few, which the kernel copies
// to sooner than to a map's.
llvm::Value *Emitter::text_prefix(const ast::Expr &expr, uint32_t bytes) {
  const sema::ExprInfo &about = info(expr);
  const auto *call = std::get_if<ast::Call>(&expr.node);
  bool reads = call && about.builtin && about.builtin->role == builtins::Role::ReadsString;
  bool padded = std::exchange(pad_strings_, false);
  llvm::Value *memory = nullptr;
  if (reads && about.type.size > bytes + 1) {
    sema::ExprInfo shorter = about;
    shorter.type = Type::string(bytes + 1);
    memory = emit_builtin(expr, &call->arguments, shorter, allocate(bytes + 1));
  } else {
    memory = string_value(expr);
  }
  pad_strings_ = padded;
  return memory;
}

// s == "foo" is a comparison with 'f' 'o' 'o' '\0'. Of s == "" all is read: an address that has no string gives an
// empty one, also where the memory ends before the string does.
llvm::Value *Emitter::equals_literal(const ast::Expr &text, const std::string &literal) {
  auto size = static_cast<uint32_t>(literal.size() + 1);
  llvm::Value *string = literal.empty() ? string_value(text) : text_prefix(text, size);
  if (size > info(text).type.size)
    return ir_.getFalse();
  return equals_bytes(string, std::string(literal.c_str(), size));
}

llvm::Value *Emitter::equals_bytes(llvm::Value *memory, const std::string &bytes) {
  llvm::Value *different = nullptr;
  in_words(static_cast<uint32_t>(bytes.size()), alignment_of(memory), [&](uint32_t at, uint32_t width) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, width);
    llvm::Value *part = load_aligned(offset(memory, at), width, width);
    llvm::Value *bits = ir_.CreateZExt(ir_.CreateXor(part, constant(word, width * 8)), ir_.getInt64Ty());
    different = different ? ir_.CreateOr(different, bits) : bits;
  });
  return ir_.CreateICmpEQ(different, constant(0));
}

llvm::Value *Emitter::equal_bytes(llvm::Value *left, llvm::Value *right, uint32_t size) {
  if (size > kInlineBytes)
    return compare_in_loop(left, right, size, false);
  llvm::Value *different = nullptr;
  in_words(size, std::min(alignment_of(left), alignment_of(right)), [&](uint32_t at, uint32_t width) {
    llvm::Value *a = load_aligned(offset(left, at), width, width);
    llvm::Value *b = load_aligned(offset(right, at), width, width);
    llvm::Value *bits = ir_.CreateZExt(ir_.CreateXor(a, b), ir_.getInt64Ty());
    different = different ? ir_.CreateOr(different, bits) : bits;
  });
  return ir_.CreateICmpEQ(different, constant(0));
}

llvm::Value *Emitter::equal_until_nul(llvm::Value *left, llvm::Value *right, uint32_t size) {
  return compare_in_loop(left, right, size, true);
}

// As many bytes a round as alignment allows: the verifier follows each round with the index known, and stops at the
// end. A round ends the loop at a difference or at a NUL, and its bytes behind the NUL do not count:
//
//   nuls = (a - 0x01…01) & ~a & 0x80…80     the lowest bit is that of the first NUL
//   different = (a ^ b) & (nuls ^ (nuls - 1))
llvm::Value *Emitter::compare_in_loop(llvm::Value *left, llvm::Value *right, uint32_t size, bool until_nul) {
  uint32_t width = std::min({alignment_of(left), alignment_of(right), llvm::bit_floor(size)});
  llvm::Type *word = ir_.getIntNTy(width * 8);
  llvm::Value *low_bits = constant(0x0101010101010101, width * 8), *high_bits = constant(0x8080808080808080, width * 8);
  llvm::Value *nothing = llvm::ConstantInt::get(word, 0);
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  llvm::BasicBlock *head = block("compare"), *next = block("next_word"), *end = block("compared");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *index = ir_.CreatePHI(ir_.getInt64Ty(), 2, "index");
  index->addIncoming(constant(0), before);
  llvm::Value *a = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), left, index), width, width);
  llvm::Value *b = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), right, index), width, width);
  llvm::Value *different = ir_.CreateXor(a, b), *stop = different;
  if (until_nul) {
    llvm::Value *nuls = ir_.CreateAnd(ir_.CreateAnd(ir_.CreateSub(a, low_bits), ir_.CreateNot(a)), high_bits);
    llvm::Value *counted = ir_.CreateXor(nuls, ir_.CreateSub(nuls, llvm::ConstantInt::get(word, 1)));
    different = ir_.CreateAnd(different, counted);
    stop = ir_.CreateOr(different, nuls);
  }
  llvm::Value *is_same = ir_.CreateICmpEQ(different, nothing);
  ir_.CreateCondBr(ir_.CreateICmpEQ(stop, nothing), next, end);
  ir_.SetInsertPoint(next);
  uint32_t rest = size % width;
  llvm::BasicBlock *after = block("after_words");
  if (size - rest > width) {
    llvm::Value *following = ir_.CreateAdd(index, constant(width));
    index->addIncoming(following, next);
    ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(size - rest)), head, after);
  } else {
    // No loop: LLVM would go on while (stop | following) == 0, and verifiers as that of 6.1 do not see that 8 is not.
    ir_.CreateBr(after);
  }
  ir_.SetInsertPoint(after);
  llvm::Value *rest_equal = ir_.getTrue();
  if (rest)
    rest_equal = compare_in_loop(offset(left, size - rest), offset(right, size - rest), rest, until_nul);
  after = ir_.GetInsertBlock();
  continue_at(end);
  llvm::PHINode *equal = ir_.CreatePHI(ir_.getInt1Ty(), 2, "equal");
  equal->addIncoming(is_same, head);
  equal->addIncoming(rest_equal, after);
  return equal;
}

}  // namespace sonde::codegen
