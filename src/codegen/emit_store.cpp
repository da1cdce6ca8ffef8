// Composite values, built where they belong. What is stored is complete to its last byte: padding
// is zero, so that equal keys have equal bytes.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "sema/settled_branch.h"

namespace sonde::codegen {

void Emitter::store(const ast::Expr &expr, llvm::Value *destination, const Type &as) {
  const sema::ExprInfo &about = info(expr);
  if (as.is_scalar() || as.is_aggregate()) {
    llvm::Value *number = value_as(expr, as);
    ir_.CreateAlignedStore(number, destination,
                           llvm::Align(std::min(alignment_of(destination), std::max(as.size, 1u))));
  } else if (about.text && as.is_string()) {
    store_literal(*about.text, destination, as.size);
  } else if (about.described) {
    store_typeinfo(about, destination, as);
  } else if (const auto *ternary = std::get_if<ast::Ternary>(&expr.node)) {
    store_ternary(*ternary, destination, as);
  } else if (const auto *map = std::get_if<ast::Map>(&expr.node)) {
    store_map_value(expr, *map, destination, as);
  } else if (const auto *tuple = std::get_if<ast::Tuple>(&expr.node)) {
    store_tuple(expr, *tuple, destination, as);
  } else if (const auto *block = std::get_if<ast::BlockExpr>(&expr.node)) {
    sema::GuardedBranch behind(guards_, {});
    if (emit_statements(block->statements, behind))
      store(*block->result, destination, as);
  } else if (const auto *comptime = std::get_if<ast::Comptime>(&expr.node)) {
    store(*comptime->operand, destination, as);
  } else if (is_place(expr)) {
    store_place(expr, destination, as);
  } else if (const auto *cast = std::get_if<ast::Cast>(&expr.node)) {
    store_cast(*cast, destination, as);
  } else if (about.builtin) {
    store_builtin(expr, destination, as);
  } else {
    store_value(value(expr), about.type, destination, as);
  }
}

// A builtin writes a value of its own size; what `as` has beyond that is cleared.
void Emitter::store_builtin(const ast::Expr &expr, llvm::Value *destination, const Type &as) {
  const Type &type = info(expr).type;
  if (type.size > as.size) {
    llvm::Value *whole = allocate(type.size, type.alignment());
    emit_expression(expr, whole);
    store_value(whole, type, destination, as);
    return;
  }
  emit_expression(expr, destination);
  if (type.size < as.size)
    zero(offset(destination, type.size), as.size - type.size);
}

void Emitter::store_value(llvm::Value *value, const Type &from, llvm::Value *destination, const Type &as) {
  if (as.is_scalar() || as.is_aggregate()) {
    ir_.CreateAlignedStore(convert(value, from, as), destination,
                           llvm::Align(std::min(alignment_of(destination), std::max(as.size, 1u))));
    return;
  }
  if (as.kind == TypeKind::Tuple && from.kind == TypeKind::Tuple && !(from == as)) {
    zero_padding(destination, as);
    // A record's fields are in the order of its own type.
    for (const Field &field : as.layout->fields)
      store_part(value, *from.layout->find(field.name), destination, field);
    return;
  }
  uint32_t common = std::min(from.size, as.size);
  copy(destination, value, common);
  if (as.is_string() && from.size > as.size)
    ir_.CreateAlignedStore(constant(0, 8), offset(destination, as.size - 1), llvm::Align(1));
  if (common < as.size)
    zero(offset(destination, common), as.size - common);
}

void Emitter::store_part(llvm::Value *tuple, const Field &from, llvm::Value *destination, const Field &as) {
  llvm::Value *part = offset(tuple, from.offset);
  llvm::Value *value = from.type.is_scalar() ? load(part, from.type) : part;
  store_value(value, from.type, offset(destination, as.offset), as.type);
}

// Literals travel in the instructions: eight bytes at a time.
void Emitter::store_literal(const std::string &text, llvm::Value *destination, uint32_t size) {
  std::string bytes = text.substr(0, size ? size - 1 : 0);
  uint32_t used = static_cast<uint32_t>(std::min<size_t>((bytes.size() + 8) / 8 * 8, size));
  bytes.resize(used);
  in_words(used, alignment_of(destination), [&](uint32_t at, uint32_t width) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, width);
    ir_.CreateAlignedStore(constant(word, width * 8), offset(destination, at), llvm::Align(width));
  });
  if (used < size && pad_strings_)
    zero(offset(destination, used), size - used);
}

void Emitter::store_ternary(const ast::Ternary &node, llvm::Value *destination, const Type &as) {
  if (const ast::Expr *side = sema::settled_side(node, unit_)) {
    store(*side, destination, as);
    return;
  }
  if (node.then) {
    branch(
        condition(*node.condition),
        [&] {
          sema::GuardedBranch guarded = guarded_by(*node.condition, true);
          store(*node.then, destination, as);
        },
        [&] {
          sema::GuardedBranch guarded = guarded_by(*node.condition, false);
          store(*node.otherwise, destination, as);
        });
    return;
  }
  const Type &type = info(*node.condition).type;
  llvm::Value *first = value(*node.condition);
  branch(
      truth(first, type), [&] { store_value(first, type, destination, as); },
      [&] { store(*node.otherwise, destination, as); });
}

void Emitter::store_map_value(const ast::Expr &expr, const ast::Map &node, llvm::Value *destination, const Type &as) {
  uint32_t index = info(expr).map;
  const Type &type = analysis_.maps[index].value;
  llvm::Value *entry = map_lookup(index, map_key(index, node.key.get()));
  bool is_word_ended = analysis_.maps[index].has_task_slots && can_be_word_ended(type);
  auto take = [&] {
    if (!is_word_ended || !pad_strings_)
      return store_value(entry, type, destination, as);
    copy_cleared(destination, entry, std::min(type.size, as.size));
    if (type.size < as.size)
      zero(offset(destination, type.size), as.size - type.size);
  };
  branch(ir_.CreateIsNotNull(entry), take, [&] { zero(destination, as.size); });
}

void Emitter::zero_padding(llvm::Value *destination, const Type &tuple) {
  uint32_t end = 0;
  for (const Field &field : tuple.layout->fields) {
    if (field.offset > end)
      zero(offset(destination, end), field.offset - end);
    end = field.offset + field.type.size;
  }
  if (tuple.size > end)
    zero(offset(destination, end), tuple.size - end);
}

void Emitter::store_tuple(const ast::Expr &expr, const ast::Tuple &node, llvm::Value *destination, const Type &as) {
  const Type &type = as.kind == TypeKind::Tuple ? as : info(expr).type;
  zero_padding(destination, type);
  for (size_t i = 0; i < node.elements.size(); ++i) {
    const Field &field = node.names.empty() ? type.layout->fields[i] : *type.layout->find(node.names[i]);
    store(*node.elements[i], offset(destination, field.offset), field.type);
  }
}

void Emitter::store_typeinfo(const sema::ExprInfo &about, llvm::Value *destination, const Type &as) {
  zero_padding(destination, as);
  if (!about.constant)
    module_.refuse_elsewhere(where_, "numbers of types differ between kernels, and this is built for others too");
  for (const Field &field : as.layout->fields) {
    llvm::Value *at = offset(destination, field.offset);
    if (field.type.is_string())
      store_literal(sema::described_text(about, field.name), at, field.type.size);
    else
      ir_.CreateAlignedStore(constant(about.constant.value_or(0), field.type.size * 8), at,
                             llvm::Align(std::min(alignment_of(at), std::max(field.type.size, 1u))));
  }
}

void Emitter::store_cast(const ast::Cast &node, llvm::Value *destination, const Type &as) {
  const Type &from = info(*node.operand).type;
  if (!from.is_scalar()) {
    store(*node.operand, destination, as);
    return;
  }
  // An integer as an array of its bytes.
  ir_.CreateAlignedStore(value_as(*node.operand, Type::integer(8 * as.size, false)), destination,
                         llvm::Align(std::min(alignment_of(destination), std::max(as.size, 1u))));
}

// Arrays of characters become strings here. They need not have a NUL, so one byte more is asked for.
void Emitter::store_place(const ast::Expr &expr, llvm::Value *destination, const Type &as) {
  const Type &type = info(expr).type;
  Place object = place(expr);
  if (object.region != Region::Bpf)
    note_layout(type);
  AddressSpace space = object.region == Region::User ? AddressSpace::User : AddressSpace::Kernel;
  if (as.is_string() && type.kind == TypeKind::Array) {
    uint32_t size = std::min(as.size, type.size + 1);
    read_string(destination, size, object.address, space);
    if (size < as.size && pad_strings_)
      zero(offset(destination, size), as.size - size);
  } else if (object.region == Region::Bpf) {
    store_value(object.address, type, destination, as);
  } else {
    uint32_t size = std::min(as.size, type.size);
    read_memory(destination, size, object.address, space);
    if (size < as.size)
      zero(offset(destination, size), as.size - size);
  }
}

}  // namespace sonde::codegen
