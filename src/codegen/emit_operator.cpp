// Operators on numbers and pointers, with C's semantics for the operands' types. What C leaves
// undefined is defined as BPF does it: x / 0 is 0, x % 0 is x, shifts use the low bits of the
// distance, and signed arithmetic wraps.
#include <algorithm>
#include <cassert>

#include "codegen/emitter.h"
#include "sema/arithmetic.h"
#include "sema/unify.h"

namespace sonde::codegen {
namespace {

using Cmp = llvm::CmpInst;

Cmp::Predicate predicate_of(ast::BinaryOp op, bool is_signed) {
  switch (op) {
  case ast::BinaryOp::Less: return is_signed ? Cmp::ICMP_SLT : Cmp::ICMP_ULT;
  case ast::BinaryOp::LessEqual: return is_signed ? Cmp::ICMP_SLE : Cmp::ICMP_ULE;
  case ast::BinaryOp::Greater: return is_signed ? Cmp::ICMP_SGT : Cmp::ICMP_UGT;
  case ast::BinaryOp::GreaterEqual: return is_signed ? Cmp::ICMP_SGE : Cmp::ICMP_UGE;
  case ast::BinaryOp::Equal: return Cmp::ICMP_EQ;
  default: assert(op == ast::BinaryOp::NotEqual); return Cmp::ICMP_NE;
  }
}

}  // namespace

llvm::Value *Emitter::emit_unary(const ast::Expr &expr, const ast::Unary &node) {
  const Type &type = info(expr).type;
  switch (node.op) {
  case ast::UnaryOp::Negate: return ir_.CreateNeg(value_as(*node.operand, type));
  case ast::UnaryOp::BitNot: return ir_.CreateNot(value_as(*node.operand, type));
  case ast::UnaryOp::LogicalNot: return ir_.CreateZExt(ir_.CreateNot(condition(*node.operand)), type_of(type));
  case ast::UnaryOp::Dereference: return read_element(expr);
  case ast::UnaryOp::AddressOf: return address_of(*node.operand);
  }
  return nullptr;
}

llvm::Value *Emitter::address_of(const ast::Expr &expr) {
  llvm::Value *address = place(expr).address;
  return address->getType()->isPointerTy() ? ir_.CreatePtrToInt(address, ir_.getInt64Ty()) : address;
}

llvm::Value *Emitter::emit_binary(const ast::Expr &expr, const ast::Binary &node) {
  const Type &type = info(expr).type;
  if (node.op == ast::BinaryOp::LogicalAnd || node.op == ast::BinaryOp::LogicalOr)
    return ir_.CreateZExt(emit_logic(node), type_of(type));
  if (sema::is_comparison(node.op))
    return ir_.CreateZExt(emit_comparison(node), type_of(type));
  if (info(*node.left).type.is_pointer() || info(*node.right).type.is_pointer())
    return emit_pointer_arithmetic(expr, node);
  llvm::Value *left = value_as(*node.left, type);
  return arithmetic(node.op, left, value_as(*node.right, type), type);
}

llvm::Value *Emitter::arithmetic(ast::BinaryOp op, llvm::Value *left, llvm::Value *right, const Type &type) {
  switch (op) {
  case ast::BinaryOp::Add: return ir_.CreateAdd(left, right);
  case ast::BinaryOp::Subtract: return ir_.CreateSub(left, right);
  case ast::BinaryOp::Multiply: return ir_.CreateMul(left, right);
  case ast::BinaryOp::Divide:
  case ast::BinaryOp::Modulo: return divide(op, left, right, type.is_signed);
  case ast::BinaryOp::BitAnd: return ir_.CreateAnd(left, right);
  case ast::BinaryOp::BitOr: return ir_.CreateOr(left, right);
  case ast::BinaryOp::BitXor: return ir_.CreateXor(left, right);
  case ast::BinaryOp::ShiftLeft:
  case ast::BinaryOp::ShiftRight: break;
  default: assert(false && "not an arithmetic operator");
  }
  right = ir_.CreateAnd(right, llvm::ConstantInt::get(right->getType(), type.size * 8 - 1));
  if (op == ast::BinaryOp::ShiftLeft)
    return ir_.CreateShl(left, right);
  return type.is_signed ? ir_.CreateAShr(left, right) : ir_.CreateLShr(left, right);
}

// BPF divides unsigned numbers only (before v4): signed division is that of the magnitudes, and
// the sign is put back. LLVM takes division by zero as impossible, so it is kept away from it.
llvm::Value *Emitter::divide(ast::BinaryOp op, llvm::Value *left, llvm::Value *right, bool is_signed) {
  llvm::Type *type = left->getType();
  llvm::Value *nothing = llvm::ConstantInt::get(type, 0);
  bool is_modulo = op == ast::BinaryOp::Modulo;
  auto magnitude = [&](llvm::Value *n) {
    return is_signed ? ir_.CreateSelect(ir_.CreateICmpSLT(n, nothing), ir_.CreateNeg(n), n) : n;
  };
  llvm::Value *by_zero = ir_.CreateICmpEQ(right, nothing);
  llvm::Value *divisor = ir_.CreateSelect(by_zero, llvm::ConstantInt::get(type, 1), magnitude(right));
  llvm::Value *dividend = magnitude(left);
  llvm::Value *result = is_modulo ? ir_.CreateURem(dividend, divisor) : ir_.CreateUDiv(dividend, divisor);
  if (is_signed) {
    // A quotient is negative when the signs differ, a remainder when the dividend is.
    llvm::Value *sign = is_modulo ? left : ir_.CreateXor(left, right);
    result = ir_.CreateSelect(ir_.CreateICmpSLT(sign, nothing), ir_.CreateNeg(result), result);
  }
  return ir_.CreateSelect(by_zero, is_modulo ? left : nothing, result);
}

llvm::Value *Emitter::step_of(const Type &type) {
  if (!type.is_pointer() || !type.element)
    return constant(1);
  return size_of(*type.element);
}

// p + n, n + p and p - n step by the pointee's size; p - q counts pointees.
llvm::Value *Emitter::emit_pointer_arithmetic(const ast::Expr &expr, const ast::Binary &node) {
  const Type &left_type = info(*node.left).type, &right_type = info(*node.right).type;
  llvm::Value *left = value64(*node.left), *right = value64(*node.right);
  if (!info(expr).type.is_pointer()) {
    llvm::Value *result = arithmetic(node.op, left, right, Type::int64());
    if (left_type.is_pointer() && right_type.is_pointer() && node.op == ast::BinaryOp::Subtract)
      result = divide(ast::BinaryOp::Divide, result, step_of(left_type), true);
    return convert(result, Type::int64(), info(expr).type);
  }
  if (!left_type.is_pointer())
    left = ir_.CreateMul(left, step_of(right_type));
  if (!right_type.is_pointer())
    right = ir_.CreateMul(right, step_of(left_type));
  return arithmetic(node.op, left, right, Type::int64());
}

llvm::Value *Emitter::emit_comparison(const ast::Binary &node) {
  const sema::ExprInfo &left = info(*node.left), &right = info(*node.right);
  auto is_number = [](const Type &type) { return type.is_scalar() || type.is_aggregate(); };
  if (is_number(left.type) && is_number(right.type)) {
    Type common = sema::common_integer_type(left, right);
    llvm::Value *first = value_as(*node.left, common);
    return ir_.CreateICmp(predicate_of(node.op, common.is_signed), first, value_as(*node.right, common));
  }
  llvm::Value *equal = nullptr;
  if (left.type.is_string() || right.type.is_string()) {
    equal = equal_strings(*node.left, *node.right);
  } else {
    equal = equal_objects(*node.left, *node.right);
  }
  return node.op == ast::BinaryOp::Equal ? equal : ir_.CreateNot(equal);
}

// Both in the form that a key of their common type has: padding and what follows a string's NUL are zero.
llvm::Value *Emitter::equal_objects(const ast::Expr &left, const ast::Expr &right) {
  Type common = sema::unify(info(left).type, info(right).type).value_or(info(left).type);
  bool padded = std::exchange(pad_strings_, true);
  auto bytes = [&](const ast::Expr &expr) {
    llvm::Value *memory = allocate(common.size, common.alignment());
    store(expr, memory, common);
    return memory;
  };
  llvm::Value *first = bytes(left);
  llvm::Value *equal = equal_bytes(first, bytes(right), common.size);
  pad_strings_ = padded;
  return equal;
}

// a && b: `b` is evaluated only when `a` does not decide.
llvm::Value *Emitter::emit_logic(const ast::Binary &node) {
  bool is_and = node.op == ast::BinaryOp::LogicalAnd;
  llvm::Value *first = condition(*node.left);
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *rest = block("logic"), *end = block("logic_end");
  ir_.CreateCondBr(first, is_and ? rest : end, is_and ? end : rest);
  ir_.SetInsertPoint(rest);
  sema::GuardedBranch guarded = guarded_by(*node.left, is_and);
  llvm::Value *second = condition(*node.right);
  llvm::BasicBlock *after = ir_.GetInsertBlock();
  continue_at(end);
  llvm::PHINode *result = ir_.CreatePHI(ir_.getInt1Ty(), 2);
  result->addIncoming(ir_.getInt1(!is_and), before);
  result->addIncoming(second, after);
  return result;
}

llvm::Value *Emitter::emit_increment(const ast::Expr &expr, const ast::IncrementDecrement &node) {
  const sema::ExprInfo &target = info(*node.target);
  bool is_map = std::holds_alternative<ast::Map>(node.target->node);
  const Type &type = is_map ? analysis_.maps[target.map].value : unit_.variables[target.variable].type;
  auto change = [&](llvm::Value *old) {
    llvm::Value *step = ir_.CreateZExtOrTrunc(step_of(type), old->getType());
    return node.increment ? ir_.CreateAdd(old, step) : ir_.CreateSub(old, step);
  };
  llvm::Value *old = nullptr;
  if (is_map) {
    const auto &map_node = std::get<ast::Map>(node.target->node);
    old = update_entry(target.map, map_key(target.map, map_node.key.get()), change);
  } else {
    llvm::Value *address = variable_address(target.variable);
    old = load(address, type);
    ir_.CreateStore(change(old), address);
  }
  return convert(node.prefix ? change(old) : old, type, info(expr).type);
}

}  // namespace sonde::codegen
