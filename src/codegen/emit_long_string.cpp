// Strings of up to max_strlen bytes of which most are short: neither clearing nor copying goes through all of their
// memory where the user of it stops at a zero word.
//
//   'a' 'b' 'c' 0 0 0 0 0 | 0 0 0 0 0 0 0 0 | anything
//
// Keys of tables are hashed and compared that far, and cleared to their end when they are new. Values in slots are
// copied that far; who takes one from there clears what follows (copy_cleared).
#include "builtins/builtin.h"
#include "codegen/emitter.h"

namespace sonde::codegen {
namespace {

// Smaller ones are cleared by a few stores.
constexpr uint32_t kFewestBytes = 128;
constexpr uint32_t kWord = 8;

uint32_t whole_words(uint32_t size) { return (size + kWord - 1) / kWord * kWord; }

}  // namespace

bool Emitter::can_be_word_ended(const Type &type) const { return type.is_string() && type.size > kFewestBytes; }

llvm::Value *Emitter::word_ended(const ast::Expr &expr, const Type &as) {
  const sema::ExprInfo &about = info(expr);
  bool reads = about.builtin && about.builtin->role == builtins::Role::ReadsString;
  if (!reads || !can_be_word_ended(as) || about.type.size != as.size)
    return nullptr;
  // Not on the stack, of which kernels before 5.12 let programs reach only what lies at a known place.
  llvm::Value *memory = allocate_scratch(whole_words(as.size) + kWord);
  llvm::Value *outer = std::exchange(word_ended_, memory);
  store(expr, memory, as);
  word_ended_ = outer;
  return memory;
}

// `length` with the NUL, or less than 1 when the read failed: then it is empty.
void Emitter::end_at_zero_word(llvm::Value *string, uint32_t size, llvm::Value *length) {
  llvm::Value *at = opaque(ir_.CreateSub(length, constant(1)));
  at = ir_.CreateSelect(ir_.CreateICmpULT(at, constant(size)), at, constant(0));
  llvm::Value *bits = ir_.CreateShl(ir_.CreateAnd(at, constant(kWord - 1)), constant(3));
  llvm::Value *before = ir_.CreateSub(ir_.CreateShl(constant(1), bits), constant(1));
  llvm::Value *start = opaque(ir_.CreateAnd(at, constant(~uint64_t{kWord - 1})));
  llvm::Value *word = ir_.CreateGEP(ir_.getInt8Ty(), string, start);
  ir_.CreateAlignedStore(ir_.CreateAnd(load_aligned(word, kWord, kWord), before), word, llvm::Align(kWord));
  ir_.CreateAlignedStore(constant(0), offset(word, kWord), llvm::Align(kWord));
}

// Up to the zero word, or to the end where there is none.
void Emitter::copy_word_ended(llvm::Value *destination, llvm::Value *source, uint32_t size) {
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = block("copy_word"), *next = block("next_copied_word"),
                   *end = block("string_copied");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *at = ir_.CreatePHI(ir_.getInt64Ty(), 2);
  at->addIncoming(constant(0), before);
  llvm::Value *word = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), source, at), kWord, kWord);
  ir_.CreateAlignedStore(word, ir_.CreateGEP(ir_.getInt8Ty(), destination, at), llvm::Align(kWord));
  ir_.CreateCondBr(ir_.CreateICmpEQ(word, constant(0)), end, next);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(at, constant(kWord));
  at->addIncoming(following, next);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(whole_words(size))), head, end);
  ir_.SetInsertPoint(end);
}

// Into memory that may hold anything.
void Emitter::copy_cleared(llvm::Value *destination, llvm::Value *source, uint32_t size) {
  zero(destination, size);
  helper(Helper::ProbeReadKernelStr, {destination, constant(size), source});
}

}  // namespace sonde::codegen
