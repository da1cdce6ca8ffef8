// Objects in memory: fields, elements, dereferenced pointers; where they lie and how they are read.
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/IntrinsicsBPF.h>

#include <algorithm>
#include <cassert>

#include "builtins/builtin.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {

namespace {

// A number that is put right at load time, as it comes out of its pass-through.
bool is_kernel_fact(const llvm::Value *value) {
  const auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(value);
  return call && call->getIntrinsicID() == llvm::Intrinsic::bpf_passthrough;
}

}  // namespace

bool Emitter::is_place(const ast::Expr &expr) const {
  if (const auto *unary = std::get_if<ast::Unary>(&expr.node))
    return unary->op == ast::UnaryOp::Dereference;
  if (std::holds_alternative<ast::FieldAccess>(expr.node) || std::holds_alternative<ast::Index>(expr.node))
    return true;
  // `args`: the record that the kernel hands over.
  const sema::ExprInfo &about = info(expr);
  return about.builtin && about.type.kind == TypeKind::Struct &&
         (unit_.context.kind == probes::ContextKind::TracepointRecord ||
          unit_.context.kind == probes::ContextKind::Arguments);
}

Place Emitter::place(const ast::Expr &expr) {
  if (!is_place(expr))
    return {value(expr), Region::Bpf};
  if (const auto *field = std::get_if<ast::FieldAccess>(&expr.node))
    return field_place(*field);
  if (const auto *index = std::get_if<ast::Index>(&expr.node))
    return index_place(*index);
  if (const auto *unary = std::get_if<ast::Unary>(&expr.node))
    return pointee_place(*unary->operand);
  return {context(), Region::Context};
}

Place Emitter::pointee_place(const ast::Expr &pointer) {
  AddressSpace space = space_of(info(pointer).type);
  return {value64(pointer), space == AddressSpace::User ? Region::User : Region::Kernel};
}

const Field *Emitter::field_of(const ast::FieldAccess &node) const {
  const Type &object = info(*node.object).type;
  Type whole = complete(object.is_pointer() ? *object.element : object);
  const Field *field = whole.layout ? whole.layout->find(node.field) : nullptr;
  assert(field && "sema resolved the field");
  return field;
}

// Types name the structs that they point to; their layouts are found, and kept, by name.
Type Emitter::complete(const Type &type) const {
  if (type.kind != TypeKind::Struct || type.layout)
    return type;
  Result<std::optional<Type>> found = analysis_.types->type(type.name);
  return found && found.value() ? *found.value() : type;
}

Place Emitter::field_place(const ast::FieldAccess &node) {
  Place object = info(*node.object).type.is_pointer() ? pointee_place(*node.object) : place(*node.object);
  // What lies among our own values is a copy of the whole, as sema knows it.
  return advance(object, object.region == Region::Bpf ? constant(field_of(node)->offset) : field_offset(node));
}

// Indices into memory of our own are kept within it, for the verifier: past the end is the last.
Place Emitter::index_place(const ast::Index &node) {
  const Type &type = info(*node.object).type;
  llvm::Value *index = value64(*node.index);
  Place object = type.is_pointer() ? pointee_place(*node.object) : place(*node.object);
  uint64_t element_size = type.element ? std::max(complete(*type.element).size, 1u) : 1;
  llvm::Value *step = type.element && object.region != Region::Bpf ? size_of(*type.element) : constant(element_size);
  uint64_t last = std::max<uint64_t>(type.size / element_size, 1) - 1;
  // One that LLVM computed, bswap(1): sema would have refused it had it known.
  bool is_open = type.is_pointer() || (type.kind == TypeKind::Array && type.count == 0);
  if (const auto *known = llvm::dyn_cast<llvm::ConstantInt>(index); known && !is_open)
    index = constant(std::min(known->getZExtValue(), last));
  else if (object.region == Region::Bpf) {
    index = opaque(index);
    index = ir_.CreateSelect(ir_.CreateICmpULT(index, constant(last)), index, constant(last));
    // LLVM adds to an aligned address by "or" where it can, which the verifier forbids.
    object.address = opaque(object.address);
  }
  return advance(object, ir_.CreateMul(index, step));
}

// The verifier knows only constant offsets into a context: with others it is read as kernel memory. Those that are put
// right at load time are constants by then, if they stand in the load itself.
Place Emitter::advance(Place place, llvm::Value *bytes) {
  if (place.region == Region::Kernel || place.region == Region::User)
    return {ir_.CreateAdd(place.address, bytes), place.region};
  if (const auto *known = llvm::dyn_cast<llvm::ConstantInt>(bytes))
    return {offset(place.address, known->getZExtValue()), place.region};
  if (place.region == Region::Context && is_kernel_fact(bytes))
    return {ir_.CreateGEP(ir_.getInt8Ty(), place.address, bytes), Region::Context};
  if (place.region == Region::Context)
    return {ir_.CreateAdd(ir_.CreatePtrToInt(place.address, ir_.getInt64Ty()), bytes), Region::Kernel};
  return {ir_.CreateGEP(ir_.getInt8Ty(), place.address, bytes), Region::Bpf};
}

llvm::Value *Emitter::read_scalar(const Place &place, uint32_t size) {
  switch (place.region) {
  case Region::Bpf: return load_aligned(place.address, size, std::min(alignment_of(place.address), size));
  case Region::Context: {
    const llvm::DataLayout layout = frame_.function->getParent()->getDataLayout();
    llvm::APInt distance(64, 0);
    if (place.address->stripAndAccumulateConstantOffsets(layout, distance, true) != context())
      return kept_apart(load_aligned(place.address, size, size), module_.next_number());
    if (distance.getZExtValue() % size == 0)
      return context_load(distance.getZExtValue(), size);
    break;  // packed: the verifier takes aligned accesses only
  }
  case Region::Kernel: return read_kernel(place.address, size);
  case Region::User: break;
  }
  llvm::Value *memory = allocate(size);
  read_memory(memory, size, place.address, place.region == Region::User ? AddressSpace::User : AddressSpace::Kernel);
  return load(memory, Type::integer(size * 8, false));
}

bool Emitter::is_running_task(const ast::Expr &expr) const {
  const builtins::Builtin *builtin = info(expr).builtin;
  return builtin && builtin->role == builtins::Role::RunningTask;
}

// The scalar that a field access, an index or a dereference designates.
llvm::Value *Emitter::read_element(const ast::Expr &expr) {
  const Type &type = info(expr).type;
  const auto *access = std::get_if<ast::FieldAccess>(&expr.node);
  const Field *field = access ? field_of(*access) : nullptr;
  if (field && is_syscall_args(*access->object))
    return syscall_field(*field);
  if (field && !field->bit_width && is_register_args(*access->object))
    if (llvm::Value *value = register_field(*field))
      return value;
  if (field && field->is_data_loc)
    return data_loc_address(*access);
  if (field && !field->bit_width && type.is_integer() && is_running_task(*access->object))
    return running_task_field(field_offset(*access), type.size);
  Place object = place(expr);
  if (field && field->bit_width)
    return read_bitfield(object, *field, *access);
  return read_scalar(object, type.size);
}

// The field's u32 says where in the record the data lie: its low half is the distance from the start.
llvm::Value *Emitter::data_loc_address(const ast::FieldAccess &node) {
  Place record = place(*node.object);
  llvm::Value *distance = read_scalar(advance(record, field_offset(node)), 4);
  distance = ir_.CreateAnd(ir_.CreateZExt(distance, ir_.getInt64Ty()), constant(0xffff));
  return ir_.CreateAdd(ir_.CreatePtrToInt(record.address, ir_.getInt64Ty()), distance);
}

llvm::Value *Emitter::read_bitfield(const Place &place, const Field &field, const ast::FieldAccess &node) {
  llvm::Value *unit = ir_.CreateZExt(read_scalar(place, field.type.size), ir_.getInt64Ty());
  // Up to the top and down again, which leaves the field with its sign.
  bool is_copy = place.region == Region::Bpf;
  unit = ir_.CreateShl(unit, is_copy ? constant(64 - field.bit_offset - field.bit_width) : bitfield_shift(node, field));
  uint32_t down = 64 - field.bit_width;
  unit = field.type.is_signed ? ir_.CreateAShr(unit, down) : ir_.CreateLShr(unit, down);
  return ir_.CreateTrunc(unit, ir_.getIntNTy(field.type.size * 8));
}

}  // namespace sonde::codegen
