// Searching strings, and comparing memory for order. One byte a round: the verifier follows each with the index known,
// and stops at the size.
#include <algorithm>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// The last bytes of a literal as the number that they make when each is shifted in from below.
struct Window {
  uint64_t pattern = 0;
  uint64_t mask = 0;
};

Window last_bytes(const std::string &text) {
  Window window;
  for (char c : text.substr(text.size() - std::min<size_t>(text.size(), 8))) {
    window.pattern = window.pattern << 8 | static_cast<unsigned char>(c);
    window.mask = window.mask << 8 | 0xff;
  }
  return window;
}

// Words of what find_string's callback works with.
constexpr uint64_t kTextWord = 0, kWantedWord = 1, kFoundWord = 2;

}  // namespace

// The last eight bytes that were read are kept in a number, which is compared with the literal's last eight. What a
// longer literal has before them is compared where these are found.
llvm::Value *Emitter::find_literal(llvm::Value *text, uint32_t size, const std::string &wanted) {
  if (wanted.empty() || wanted.size() >= size)
    return constant(wanted.empty() ? 0 : UINT64_MAX);
  Window window = last_bytes(wanted);
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = block("search"), *same = block("search_same"),
                   *candidate = block("candidate"), *next = block("search_next"), *end = block("searched");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *index = ir_.CreatePHI(ir_.getInt64Ty(), 2, "index"),
                *seen = ir_.CreatePHI(ir_.getInt64Ty(), 2, "seen");
  index->addIncoming(constant(0), before);
  seen->addIncoming(constant(0), before);
  llvm::Value *byte = load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), text, index), 1, 1);
  llvm::Value *now = ir_.CreateOr(ir_.CreateShl(seen, 8), ir_.CreateZExt(byte, ir_.getInt64Ty()));
  ir_.CreateCondBr(ir_.CreateICmpEQ(byte, constant(0, 8)), end, same);
  ir_.SetInsertPoint(same);
  llvm::Value *is_same = ir_.CreateICmpEQ(ir_.CreateAnd(now, constant(window.mask)), constant(window.pattern));
  is_same = ir_.CreateAnd(is_same, ir_.CreateICmpUGE(index, constant(wanted.size() - 1)));
  ir_.CreateCondBr(is_same, candidate, next);
  ir_.SetInsertPoint(candidate);
  // The verifier knows the range of the register that was compared, not of what it was computed from.
  llvm::Value *start = opaque(ir_.CreateSub(index, constant(wanted.size() - 1)));
  llvm::BasicBlock *in_range = block("in_range");
  ir_.CreateCondBr(ir_.CreateICmpULE(start, constant(size - wanted.size())), in_range, next);
  ir_.SetInsertPoint(in_range);
  for (size_t i = 0; i + 8 < wanted.size(); ++i) {
    llvm::Value *at = ir_.CreateGEP(ir_.getInt8Ty(), text, ir_.CreateAdd(start, constant(i)));
    llvm::BasicBlock *more = block("candidate");
    ir_.CreateCondBr(ir_.CreateICmpEQ(load_aligned(at, 1, 1), constant(static_cast<unsigned char>(wanted[i]), 8)), more,
                     next);
    ir_.SetInsertPoint(more);
  }
  llvm::BasicBlock *found = ir_.GetInsertBlock();
  ir_.CreateBr(end);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(index, constant(1));
  index->addIncoming(following, next);
  seen->addIncoming(now, next);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(size)), head, end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *result = ir_.CreatePHI(ir_.getInt64Ty(), 3, "place");
  result->addIncoming(constant(UINT64_MAX), head);
  result->addIncoming(start, found);
  result->addIncoming(constant(UINT64_MAX), next);
  return result;
}

// Each place of the text is one round of a loop that the kernel counts.
llvm::Value *Emitter::find_string(llvm::Value *text, uint32_t size, llvm::Value *wanted, uint32_t wanted_size) {
  // Any place of the text is followed by as many bytes as are compared there.
  llvm::Value *whole = allocate(size + wanted_size);
  copy(whole, text, size);
  zero(offset(whole, size), wanted_size);
  llvm::Value *search = allocate(24);
  ir_.CreateStore(whole, offset(search, 8 * kTextWord));
  ir_.CreateStore(wanted, offset(search, 8 * kWantedWord));
  ir_.CreateStore(constant(UINT64_MAX), offset(search, 8 * kFoundWord));
  llvm::Function *round = emit_search_round(size, wanted_size);
  helper(Helper::Loop, {constant(size), round, search, constant(0)});
  return load(offset(search, 8 * kFoundWord), Type::int64());
}

llvm::Function *Emitter::emit_search_round(uint32_t size, uint32_t wanted_size) {
  llvm::Type *parameters[] = {ir_.getInt64Ty(), ir_.getPtrTy()};  // place, search
  llvm::Function *round = module_.add_callback(unit_.function + "_search", parameters, where_);
  auto add_block = [&](const char *name) { return llvm::BasicBlock::Create(module_.context(), name, round); };
  llvm::BasicBlock *entry = add_block("entry"), *inside = add_block("inside"), *head = add_block("compare"),
                   *same = add_block("same_byte"), *next = add_block("next_byte"), *found = add_block("found"),
                   *differs = add_block("differs"), *stop = add_block("stop");
  llvm::IRBuilder<> ir(entry);
  llvm::Value *place = round->getArg(0), *search = round->getArg(1);
  auto word = [&](uint64_t index) { return ir.CreateConstInBoundsGEP1_64(ir.getInt64Ty(), search, index); };
  llvm::Value *wanted = ir.CreateLoad(ir.getPtrTy(), word(kWantedWord));
  llvm::Value *text = ir.CreateLoad(ir.getPtrTy(), word(kTextWord));
  ir.CreateCondBr(ir.CreateICmpULT(place, constant(size)), inside, stop);
  ir.SetInsertPoint(inside);
  llvm::Value *here = ir.CreateGEP(ir.getInt8Ty(), text, place);
  ir.CreateBr(head);
  ir.SetInsertPoint(head);
  llvm::PHINode *index = ir.CreatePHI(ir.getInt64Ty(), 2, "index");
  index->addIncoming(constant(0), inside);
  llvm::Value *b = ir.CreateLoad(ir.getInt8Ty(), ir.CreateGEP(ir.getInt8Ty(), wanted, index));
  llvm::Value *a = ir.CreateLoad(ir.getInt8Ty(), ir.CreateGEP(ir.getInt8Ty(), here, index));
  ir.CreateCondBr(ir.CreateICmpEQ(b, constant(0, 8)), found, same);
  ir.SetInsertPoint(same);
  ir.CreateCondBr(ir.CreateICmpEQ(a, b), next, differs);
  ir.SetInsertPoint(next);
  llvm::Value *following = ir.CreateAdd(index, constant(1));
  index->addIncoming(following, next);
  ir.CreateCondBr(ir.CreateICmpULT(following, constant(wanted_size)), head, found);
  ir.SetInsertPoint(found);
  ir.CreateStore(place, word(kFoundWord));
  ir.CreateBr(stop);
  // The text's end is no place to go on from.
  ir.SetInsertPoint(differs);
  ir.CreateRet(ir.CreateZExt(ir.CreateICmpEQ(a, constant(0, 8)), ir.getInt64Ty()));
  ir.SetInsertPoint(stop);
  ir.CreateRet(constant(1));
  return round;
}

llvm::Value *Emitter::first_difference(llvm::Value *left, llvm::Value *right, uint32_t size) {
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = block("order"), *next = block("order_next"),
                   *end = block("ordered");
  ir_.CreateBr(head);
  ir_.SetInsertPoint(head);
  llvm::PHINode *index = ir_.CreatePHI(ir_.getInt64Ty(), 2, "index");
  index->addIncoming(constant(0), before);
  auto byte = [&](llvm::Value *base) {
    return ir_.CreateZExt(load_aligned(ir_.CreateGEP(ir_.getInt8Ty(), base, index), 1, 1), ir_.getInt32Ty());
  };
  llvm::Value *a = byte(left);
  llvm::Value *difference = ir_.CreateSub(a, byte(right));
  ir_.CreateCondBr(ir_.CreateICmpEQ(difference, constant(0, 32)), next, end);
  ir_.SetInsertPoint(next);
  llvm::Value *following = ir_.CreateAdd(index, constant(1));
  index->addIncoming(following, next);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, constant(size)), head, end);
  ir_.SetInsertPoint(end);
  llvm::PHINode *result = ir_.CreatePHI(ir_.getInt32Ty(), 2, "difference");
  result->addIncoming(difference, head);
  result->addIncoming(constant(0, 32), next);
  return result;
}

}  // namespace sonde::codegen
