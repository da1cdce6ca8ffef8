// Comparing strings and other memory.
#include <algorithm>
#include <cstring>

#include "codegen/emitter.h"

namespace sonde::codegen {
namespace {

// Up to here memory is compared by words in line; beyond, by a loop over bytes.
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
    result = equals_literal(string_value(first.text ? right : left), (first.text ? second : first).type.size,
                            first.text ? *first.text : *second.text);
  else {
    llvm::Value *a = string_value(left);
    result = equal_until_nul(a, string_value(right), std::min(first.type.size, second.type.size));
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

// s == "foo" is a comparison with 'f' 'o' 'o' '\0', word by word.
llvm::Value *Emitter::equals_literal(llvm::Value *string, uint32_t size, const std::string &text) {
  std::string bytes = text + '\0';
  if (bytes.size() > size)
    return ir_.getFalse();
  llvm::Value *different = nullptr;
  in_words(static_cast<uint32_t>(bytes.size()), alignment_of(string), [&](uint32_t at, uint32_t width) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, width);
    llvm::Value *part = load_aligned(offset(string, at), width, width);
    llvm::Value *bits = ir_.CreateZExt(ir_.CreateXor(part, constant(word, width * 8)), ir_.getInt64Ty());
    different = different ? ir_.CreateOr(different, bits) : bits;
  });
  return ir_.CreateICmpEQ(different, constant(0));
}

llvm::Value *Emitter::equal_bytes(llvm::Value *left, llvm::Value *right, uint32_t size) {
  if (size > kInlineBytes)
    return compare_in_loop(left, right, size, false);
  llvm::Value *different = constant(0);
  in_words(size, std::min(alignment_of(left), alignment_of(right)), [&](uint32_t at, uint32_t width) {
    llvm::Value *a = load_aligned(offset(left, at), width, width);
    llvm::Value *b = load_aligned(offset(right, at), width, width);
    different = ir_.CreateOr(different, ir_.CreateZExt(ir_.CreateXor(a, b), ir_.getInt64Ty()));
  });
  return ir_.CreateICmpEQ(different, constant(0));
}

llvm::Value *Emitter::equal_until_nul(llvm::Value *left, llvm::Value *right, uint32_t size) {
  return compare_in_loop(left, right, size, true);
}

// One byte a round: the verifier follows each with the index known, and stops at the size.
llvm::Value *Emitter::compare_in_loop(llvm::Value *left, llvm::Value *right, uint32_t size, bool until_nul) {
  llvm::BasicBlock *before = ir_.GetInsertBlock();
  llvm::BasicBlock *head = block("compare"), *same = block("same_byte"), *next = block("next_byte"),
                   *end = block("compared");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *index = ir_.CreatePHI(ir_.getInt64Ty(), 2, "index");
  index->addIncoming(constant(0), before);
  llvm::Value *a = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), left, index), 1, 1);
  llvm::Value *b = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), right, index), 1, 1);
  ir_.CreateCondBr(ir_.CreateICmpEQ(a, b), same, end);
  ir_.SetInsertPoint(same);
  if (until_nul)
    ir_.CreateCondBr(ir_.CreateICmpEQ(a, constant(0, 8)), end, next);
  else
    ir_.CreateBr(next);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(index, constant(1));
  index->addIncoming(following, next);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(size)), head, end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *equal = ir_.CreatePHI(ir_.getInt1Ty(), 3);
  equal->addIncoming(ir_.getFalse(), head);
  if (until_nul)
    equal->addIncoming(ir_.getTrue(), same);
  equal->addIncoming(ir_.getTrue(), next);
  return equal;
}

}  // namespace sonde::codegen
