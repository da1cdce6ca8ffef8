// Expressions: constants, variables, builtins, maps, casts, ternaries. Operators are
// emit_operator.cpp's, fields and elements emit_place.cpp's.
#include <cassert>

#include "base/match.h"
#include "codegen/emitter.h"
#include "sema/arithmetic.h"
#include "sema/settled_branch.h"

namespace sonde::codegen {
namespace {

// The number that stands for a value of this type: aggregations count as 64 bits.
Type as_number(const Type &type) { return type.is_aggregate() ? Type::integer(64, type.is_signed) : type; }

}  // namespace

llvm::Value *Emitter::value(const ast::Expr &expr) {
  const sema::ExprInfo &about = info(expr);
  const Type &type = about.type;
  if (about.constant && type.is_scalar())
    return constant(*about.constant, type.size * 8);
  if (type.is_scalar() || type.is_aggregate() || type.is_none())
    return emit_expression(expr, nullptr);
  if (std::holds_alternative<ast::Variable>(expr.node))
    return variable_address(about.variable);
  if (is_place(expr)) {
    Place object = place(expr);
    if (object.region == Region::Bpf)
      return object.address;
  }
  llvm::Value *memory = allocate(type.size, type.alignment());
  store(expr, memory, type);
  return memory;
}

llvm::Value *Emitter::value_as(const ast::Expr &expr, const Type &as) {
  return convert(value(expr), info(expr).type, as);
}

llvm::Value *Emitter::convert(llvm::Value *value, const Type &from, const Type &to) {
  if (to.kind == TypeKind::Bool && from.kind != TypeKind::Bool)
    return ir_.CreateZExt(truth(value, from), ir_.getInt8Ty());
  return ir_.CreateIntCast(value, ir_.getIntNTy(as_number(to).size * 8), as_number(from).is_signed);
}

llvm::Value *Emitter::truth(llvm::Value *value, const Type &type) {
  if (type.is_string())
    value = load_aligned(value, 1, 1);
  if (!value->getType()->isIntegerTy())
    return ir_.getTrue();
  return ir_.CreateICmpNE(value, llvm::ConstantInt::get(value->getType(), 0));
}

llvm::Value *Emitter::condition(const ast::Expr &expr) {
  if (const auto *binary = std::get_if<ast::Binary>(&expr.node); binary && !info(expr).constant) {
    if (binary->op == ast::BinaryOp::LogicalAnd || binary->op == ast::BinaryOp::LogicalOr)
      return emit_logic(*binary);
    if (sema::is_comparison(binary->op))
      return emit_comparison(*binary);
  }
  return truth(value(expr), info(expr).type);
}

llvm::Value *Emitter::emit_expression(const ast::Expr &expr, llvm::Value *destination) {
  locate(expr.where);
  const sema::ExprInfo &about = info(expr);
  auto known = [&](const auto &) -> llvm::Value * {
    assert(about.constant && "sema knows the value of a constant");
    return constant(about.constant.value_or(0), about.type.size * 8);
  };
  return match(
      expr.node, [&](const ast::Integer &node) { return known(node); },
      [&](const ast::Boolean &node) { return known(node); }, [&](const ast::String &node) { return known(node); },
      [&](const ast::PositionalParameter &node) {
        return about.constant ? known(node) : parameter(image::ParameterKind::Positional, std::to_string(node.index));
      },
      [&](const ast::ParameterCount &node) {
        return about.constant ? known(node) : parameter(image::ParameterKind::PositionalCount);
      },
      [&](const ast::SizeofType &node) { return about.described ? size_of(*about.described) : known(node); },
      [&](const ast::SizeofExpr &node) { return about.described ? size_of(*about.described) : known(node); },
      [&](const ast::Offsetof &node) { return about.described ? offset_of(*about.described, node.path) : known(node); },
      [&](const ast::ContainerOf &node) -> llvm::Value * {
        llvm::Value *distance = about.described ? offset_of(*about.described, node.path) : constant(about.number);
        return ir_.CreateSub(value64(*node.pointer), distance);
      },
      [&](const ast::Typeinfo &) -> llvm::Value * {
        store_typeinfo(about, destination, about.type);
        return destination;
      },
      [&](const ast::Identifier &node) {
        return about.builtin ? emit_builtin(expr, nullptr, about, destination) : known(node);
      },
      [&](const ast::Call &node) { return emit_builtin(expr, &node.arguments, about, destination); },
      [&](const ast::Variable &) { return load(variable_address(about.variable), about.type); },
      [&](const ast::Map &node) { return emit_map_value(expr, node); },
      [&](const ast::Unary &node) { return emit_unary(expr, node); },
      [&](const ast::Binary &node) { return emit_binary(expr, node); },
      [&](const ast::IncrementDecrement &node) { return emit_increment(expr, node); },
      [&](const ast::Ternary &node) { return emit_ternary(expr, node); },
      [&](const ast::Cast &node) { return emit_cast(expr, node); },
      [&](const ast::FieldAccess &) { return read_element(expr); },
      [&](const ast::Index &) { return read_element(expr); },
      [&](const ast::Tuple &node) -> llvm::Value * {
        store_tuple(expr, node, destination, about.type);
        return destination;
      },
      [&](const ast::Comptime &node) { return known(node); },
      [&](const ast::TypeArgument &node) { return known(node); },
      [&](const ast::BlockExpr &node) { return emit_block_value(node); });
}

// Scalars, and blocks that are there for their effect.
llvm::Value *Emitter::emit_block_value(const ast::BlockExpr &node) {
  sema::GuardedBranch behind(guards_, {});
  bool has_end = emit_statements(node.statements, behind);
  if (!node.result || !has_end)
    return nullptr;
  return info(*node.result).type.is_none() ? emit_expression(*node.result, nullptr) : value(*node.result);
}

llvm::Value *Emitter::emit_builtin(const ast::Expr &expr, const std::vector<ast::ExprPtr> *arguments,
                                   const sema::ExprInfo &about, llvm::Value *destination) {
  const std::vector<ast::ExprPtr> *outer = std::exchange(arguments_, arguments);
  llvm::Value *result = about.builtin->emit(*this, {expr, arguments, about, destination});
  arguments_ = outer;
  return result;
}

// A missing entry reads as zero.
llvm::Value *Emitter::emit_map_value(const ast::Expr &expr, const ast::Map &node) {
  uint32_t index = info(expr).map;
  const image::MapSpec &spec = analysis_.maps[index];
  llvm::Value *key = map_key(index, node.key.get());
  if (spec.value.is_aggregate())
    return aggregate_value(index, key);
  return read_entry(index, key);
}

llvm::Value *Emitter::read_entry(uint32_t index, llvm::Value *key) {
  const Type &type = analysis_.maps[index].value;
  llvm::Value *found_value = nullptr;
  llvm::Value *zero = constant(0, type.size * 8);
  if (analysis_.maps[index].is_scalar() && !record_is_reserved_) {
    with_entry(index, key, [&](llvm::Value *entry) { found_value = load(entry, type); });
    return found_value;
  }
  llvm::Value *entry = map_lookup(index, key);
  llvm::BasicBlock *before = ir_.GetInsertBlock(), *present = block("present"), *end = block("end");
  ir_.CreateCondBr(ir_.CreateIsNotNull(entry), present, end);
  ir_.SetInsertPoint(present);
  found_value = load(entry, type);
  continue_at(end);
  llvm::PHINode *result = ir_.CreatePHI(type_of(type), 2);
  result->addIncoming(found_value, present);
  result->addIncoming(zero, before);
  return result;
}

// a ? b : c, and a ?: c, in which `a` is evaluated once.
llvm::Value *Emitter::emit_ternary(const ast::Expr &expr, const ast::Ternary &node) {
  const Type &type = info(expr).type;
  if (const ast::Expr *side = sema::settled_side(node, unit_))
    return type.is_none() ? emit_expression(*side, nullptr) : value_as(*side, type);
  llvm::Value *short_form = node.then ? nullptr : value(*node.condition);
  llvm::Value *test = short_form ? truth(short_form, info(*node.condition).type) : condition(*node.condition);
  auto side = [&](const ast::Expr &taken, bool holds) {
    sema::GuardedBranch guarded = guarded_by(*node.condition, holds);
    return type.is_none() ? emit_expression(taken, nullptr) : value_as(taken, type);
  };
  if (type.is_none()) {
    branch(
        test, [&] { side(*node.then, true); }, [&] { side(*node.otherwise, false); });
    return nullptr;
  }
  llvm::Value *chosen[2] = {};
  llvm::BasicBlock *from[2] = {};
  auto take = [&](int i, llvm::Value *value) {
    chosen[i] = value;
    from[i] = ir_.GetInsertBlock();
  };
  branch(
      test,
      [&] { take(0, short_form ? convert(short_form, info(*node.condition).type, type) : side(*node.then, true)); },
      [&] { take(1, side(*node.otherwise, false)); });
  llvm::PHINode *result = ir_.CreatePHI(type_of(type), 2);
  result->addIncoming(chosen[0], from[0]);
  result->addIncoming(chosen[1], from[1]);
  return result;
}

// Casts to scalars: of scalars, and of arrays of the same size, whose bytes are taken as they are.
llvm::Value *Emitter::emit_cast(const ast::Expr &expr, const ast::Cast &node) {
  const Type &to = info(expr).type;
  const Type &from = info(*node.operand).type;
  if (from.is_scalar() || from.is_aggregate())
    return value_as(*node.operand, to);
  if (to.is_pointer())
    return address_of(*node.operand);
  return load(value(*node.operand), to);
}

}  // namespace sonde::codegen
