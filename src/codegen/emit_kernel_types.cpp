// Numbers that depend on the kernel: known when programs are made for the one at hand, else put right where they are
// loaded (kernel_types.h, image::KernelUse).
#include <cassert>

#include "base/text.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "kernel/requirements.h"
#include "kernel/type_shape.h"

namespace sonde::codegen {
namespace {

std::string joined(const std::vector<Field> &steps) {
  std::string way;
  for (const Field &step : steps)
    way += (way.empty() ? "" : ".") + step.name;
  return way;
}

}  // namespace

// LLVM must neither merge two of these into one of a chosen number nor look through them.
llvm::Value *Emitter::kernel_fact(KernelTypes::Fact fact, const FieldPath &path) {
  return kernel_fact(module_.kernel_types().fact(fact, path));
}

llvm::Value *Emitter::kernel_fact(const KernelTypes::Variable &found) {
  return kept_apart(ir_.CreateLoad(found.variable->getValueType(), found.variable), found.number);
}

FieldPath Emitter::path_from(const Type &root, const Field &field) const {
  return {root.name, root.layout && root.layout->is_union, {field}};
}

sema::GuardedBranch Emitter::guarded_by(const ast::Expr &condition, bool holds) {
  return {guards_, sema::guards_of(condition, holds, unit_, analysis_.questions)};
}

void Emitter::note_use(image::KernelUseKind kind, const std::string &of, const std::string &field,
                       const std::string &built, Location where) {
  module_.note_use({kind, std::string(kernel::without_flavour(of)), field, built, where, guards_});
}

void Emitter::note_use(const FieldPath &path, Location where) {
  note_use(image::KernelUseKind::Field, path.root, joined(path.steps), kernel::shape_of(path.steps.back()), where);
}

bool Emitter::moves(const Type &type) const {
  return type.kind == TypeKind::Struct && !module_.kernel().is_the_one() && analysis_.types->is_of_kernel(type.name);
}

std::optional<FieldPath> Emitter::kernel_path(const ast::FieldAccess &node) {
  if (module_.kernel().is_the_one())
    return std::nullopt;
  const Type &object = info(*node.object).type;
  const Type &target = object.is_pointer() && object.element ? *object.element : object;
  if (target.kind != TypeKind::Struct)
    return std::nullopt;
  const Field &field = *field_of(node);
  if (moves(target))
    return path_from(complete(target), field);
  if (!target.name.empty() || target.space == AddressSpace::User)
    return std::nullopt;
  const auto *outer = std::get_if<ast::FieldAccess>(&node.object->node);
  if (outer && !object.is_pointer()) {
    std::optional<FieldPath> path = kernel_path(*outer);
    if (path)
      path->steps.push_back(field);
    return path;
  }
  module_.refuse_elsewhere(where_, fmt::format("'{}' is a field of a type without a name, whose place in other kernels "
                                               "cannot be looked up",
                                               node.field));
  return std::nullopt;
}

bool Emitter::is_record(const ast::Expr &expr) const {
  const sema::ExprInfo &about = info(expr);
  return !module_.kernel().is_the_one() && about.builtin && about.type.kind == TypeKind::Struct &&
         unit_.context.kind == probes::ContextKind::TracepointRecord;
}

FieldPath Emitter::record_path(const Field &field, Location where) {
  const image::Target &event = unit_.targets.front();
  note_use(image::KernelUseKind::RecordField, event.module + ":" + event.function, field.name, kernel::shape_of(field),
           where);
  return {kernel::record_type(event.function), false, {kernel::record_member(field)}};
}

llvm::Value *Emitter::field_offset(const ast::FieldAccess &node) {
  const Field &field = *field_of(node);
  if (is_record(*node.object))
    return kernel_fact(KernelTypes::Fact::ByteOffset, record_path(field, node.field_where));
  std::optional<FieldPath> path = kernel_path(node);
  if (!path)
    return constant(field.offset);
  note_use(*path, node.field_where);
  if (path->steps.size() == 1)
    return kernel_fact(KernelTypes::Fact::ByteOffset, *path);
  // Of an inner struct: the way to the field less the way to the struct.
  FieldPath outer = *path;
  outer.steps.pop_back();
  return ir_.CreateSub(kernel_fact(KernelTypes::Fact::ByteOffset, *path),
                       kernel_fact(KernelTypes::Fact::ByteOffset, outer));
}

llvm::Value *Emitter::offset_of(Type type, const std::vector<std::string> &way) {
  llvm::Value *sum = constant(0);
  std::optional<FieldPath> path;
  for (const std::string &name : way) {
    Type whole = complete(type);
    const Field *field = whole.layout ? whole.layout->find(name) : nullptr;
    assert(field && "sema resolved the field");
    bool is_of_kernel = moves(whole);
    if (is_of_kernel) {
      if (path)
        sum = ir_.CreateAdd(sum, kernel_fact(KernelTypes::Fact::ByteOffset, *path));
      path = path_from(whole, *field);
    } else if (path && whole.name.empty()) {
      path->steps.push_back(*field);
    } else {
      sum = ir_.CreateAdd(sum, constant(field->offset));
    }
    if (path)
      note_use(*path, where_);
    type = field->type;
  }
  return path ? ir_.CreateAdd(sum, kernel_fact(KernelTypes::Fact::ByteOffset, *path)) : sum;
}

// Where the object lies among ours it was copied as a whole, and is as it was when the program was made.
void Emitter::note_layout(const Type &type) {
  const Type *inner = &type;
  while (inner->kind == TypeKind::Array && inner->element)
    inner = inner->element.get();
  if (!moves(*inner))
    return;
  if (kernel::without_flavour(inner->name) != inner->name) {
    module_.refuse_elsewhere(where_, fmt::format("struct {} describes fields of the kernel's struct {}, which cannot "
                                                 "be copied by it as a whole",
                                                 inner->name, kernel::without_flavour(inner->name)));
    return;
  }
  std::optional<std::string> layout = kernel::layout_of(inner->name, module_.kernel());
  note_use(image::KernelUseKind::Layout, inner->name, "", layout.value_or(""), where_);
}

llvm::Value *Emitter::size_of(const Type &type) {
  if (moves(type)) {
    std::string name(kernel::without_flavour(type.name));
    note_use(image::KernelUseKind::Size, name, "", "", where_);
    return parameter(image::ParameterKind::TypeSize, name);
  }
  note_layout(type);
  return constant(std::max(complete(type).size, 1u));
}

llvm::Value *Emitter::bitfield_shift(const ast::FieldAccess &node, const Field &field) {
  uint32_t known = 64 - field.bit_offset - field.bit_width;
  if (is_record(*node.object))
    return constant(known);
  std::optional<FieldPath> path = kernel_path(node);
  return path ? ir_.CreateZExt(kernel_fact(KernelTypes::Fact::LeftShift, *path), ir_.getInt64Ty()) : constant(known);
}

// The verifier knows what a typed task holds and allows plain loads from it.
llvm::Value *Emitter::typed_task(llvm::Value *distance) {
  llvm::Value *task = helper(Helper::GetCurrentTaskBtf, {}, Purity::PerRun);
  return ir_.CreateIntToPtr(ir_.CreateAdd(task, distance), ir_.getPtrTy());
}

// Of all that numbers keep apart (kept_apart), loads from the task are one: they may become one another's.
constexpr uint64_t kLoadsOfTask = uint64_t{1} << 31;

// The ends of two branches do not become one: the verifier refuses an instruction that loads from a task or from a map.
llvm::Value *Emitter::load_of_task(llvm::Value *address, uint32_t size) {
  return kept_apart(load_aligned(address, size, size), kLoadsOfTask);
}

void Emitter::copy_from_task(llvm::Value *destination, llvm::Value *distance, uint32_t size) {
  llvm::Value *source = typed_task(distance);
  for (uint32_t at = 0; at < size; at += 8)
    ir_.CreateAlignedStore(load_of_task(offset(source, at), 8), offset(destination, at), llvm::Align(8));
}

llvm::Value *Emitter::running_task_field(llvm::Value *distance, uint32_t size) {
  if (kernel().version() >= kernel::kTypedTask)
    return load_of_task(typed_task(distance), size);
  llvm::Value *task = helper(Helper::GetCurrentTask, {}, Purity::PerRun);
  return read_kernel(ir_.CreateAdd(task, distance), size);
}

// What the script asks of the kernel that loads the program, as a bool.
llvm::Value *Emitter::kernel_answer(const image::KernelQuestion &question, Location where) {
  if (question.kind == image::KernelUseKind::FunctionExists)
    return ir_.CreateTrunc(parameter(image::ParameterKind::HasFunction, question.of), ir_.getInt8Ty());
  if (question.kind == image::KernelUseKind::TypedefExists)
    return ir_.CreateTrunc(parameter(image::ParameterKind::HasTypedef, question.of), ir_.getInt8Ty());
  if (question.kind == image::KernelUseKind::TypeExists) {
    note_use(question.kind, question.of, "", "", where);
    return ir_.CreateTrunc(kernel_fact(module_.kernel_types().type_exists(question.of)), ir_.getInt8Ty());
  }
  std::optional<std::vector<Field>> steps = analysis_.types->way(question.of, question.field);
  note_use(question.kind, question.of, question.field, steps ? kernel::shape_of(steps->back()) : "", where);
  FieldPath path{question.of, false, steps.value_or(std::vector<Field>())};
  if (!steps) {
    // Of a type of its own, where it stands for whatever it will be: runtime::Settler writes it as such.
    path.root += "___asked";
    for (std::string_view name : split(question.field, '.')) {
      Field &step = path.steps.emplace_back();
      step.name = name;
      step.type = Type::integer(32, false);
    }
  }
  return ir_.CreateTrunc(kernel_fact(KernelTypes::Fact::Exists, path), ir_.getInt8Ty());
}

}  // namespace sonde::codegen
