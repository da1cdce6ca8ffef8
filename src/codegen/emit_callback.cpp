// Loops whose rounds the kernel counts: for over a map, for over a large range, while. Their bodies
// are functions that a helper calls back:
//
//   for ($kv : @m) { $n += $kv.1 }  →  captured = { stop, ctx, scratch }; for_each(@m, body, captured)
//
// Parts of long bodies are such functions too, which the program calls itself (split_body.h).
//
// Variables that several functions use live in scratch memory, whose values the verifier does not know: a counter
// that it could follow would make a new state each round, and it would never be done.
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// The frames of caller and callback share 512 bytes.
constexpr uint32_t kCallbackStack = 64;
constexpr uint32_t kSparingCallbackStack = 16;

// The most rounds that bpf_loop takes (BPF_MAX_LOOPS).
constexpr uint64_t kMostRounds = 1 << 23;

}  // namespace

// A function runs one of its loops at a time, so they share the words: sixteen loops of their own took all the stack.
llvm::Value *Emitter::capture() {
  if (!frame_.handed_down) {
    llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(frame_.entry);
    frame_.handed_down = ir_.CreateAlloca(llvm::ArrayType::get(ir_.getInt64Ty(), kCapturedWords), nullptr, "captured");
  }
  ir_.CreateStore(constant(0), offset(frame_.handed_down, 8 * kStopWord));
  ir_.CreateStore(context(), offset(frame_.handed_down, 8 * kContextWord));
  return frame_.handed_down;
}

// Makes the callback the function that is being emitted.
void Emitter::enter_callback(llvm::Function &function) {
  frame_ = make_frame(function, module_.spares_stack() ? kSparingCallbackStack : kCallbackStack);
  begin_frame();
  locate(where_);  // in the new function
  frame_.captured = function.getArg(function.arg_size() - 1);
  frame_.context = ir_.CreateLoad(ir_.getPtrTy(), offset(frame_.captured, 8 * kContextWord));
}

Emitter::Callback Emitter::emit_function(const char *suffix, std::span<llvm::Type *const> parameters,
                                         const std::function<void()> &content) {
  Callback callback;
  callback.captured = capture();
  callback.function = module_.add_callback(unit_.function + suffix, parameters, where_);

  llvm::IRBuilder<>::InsertPoint after = ir_.saveIP();
  Frame outer = std::move(frame_);
  std::vector<StackPiece> outer_free = std::exchange(free_stack_, {}), outer_used = std::exchange(used_stack_, {});
  enter_callback(*callback.function);
  frame_.part_depth = outer.part_depth;
  content();
  callback.may_stop = frame_.may_stop;
  bool uses_scratch = frame_.scratch;
  finish_frame();

  frame_ = std::move(outer);
  free_stack_ = std::move(outer_free);
  used_stack_ = std::move(outer_used);
  ir_.restoreIP(after);
  locate(where_);
  if (uses_scratch)
    ir_.CreateStore(scratch_memory(), offset(callback.captured, 8 * kScratchWord));
  return callback;
}

Emitter::Callback Emitter::emit_callback(std::span<llvm::Type *const> parameters, const ast::Block &body,
                                         const std::function<void(llvm::BasicBlock *)> &prepare) {
  return emit_function("_loop", parameters, [&] {
    llvm::BasicBlock *stop = block("break");
    prepare(stop);
    emit_body(body, frame_.exit, stop);
    ir_.SetInsertPoint(stop);
    ir_.CreateRet(constant(1));
    ir_.SetInsertPoint(block("unreachable"));
  });
}

// As emit_statements.
bool Emitter::emit_part(std::span<const ast::Statement> part, sema::GuardedBranch &behind) {
  bool goes_on = true;
  llvm::Type *parameters[] = {ir_.getPtrTy()};  // captured
  Callback callback = emit_function("_part", parameters, [&] {
    ++frame_.part_depth;
    goes_on = emit_statements(part, behind);
  });
  ir_.CreateCall(callback.function, {callback.captured});
  leave_if_stopped(callback);
  return goes_on;
}

void Emitter::leave_if_stopped(const Callback &callback) {
  if (!callback.may_stop)
    return;
  llvm::Value *stop = load(offset(callback.captured, 8 * kStopWord), Type::uint64());
  branch(ir_.CreateICmpNE(stop, constant(0)), [&] { return_from_program(); });
}

// The kernel says how many entries it went through; the callback has nothing to do.
llvm::Value *Emitter::map_length(uint32_t index) {
  llvm::Type *pointer = ir_.getPtrTy();
  llvm::Type *parameters[] = {pointer, pointer, pointer, pointer};  // map, key, value, captured
  llvm::Function *nothing = module_.add_callback(unit_.function + "_count", parameters, where_);
  llvm::IRBuilder<> body(llvm::BasicBlock::Create(module_.context(), "entry", nothing));
  body.CreateRet(constant(0));
  return helper(Helper::ForEachMapElem, {map(index), nothing, allocate(8), constant(0)});
}

void Emitter::emit(const ast::ForMap &node) {
  llvm::Type *pointer = ir_.getPtrTy();
  llvm::Type *parameters[] = {pointer, pointer, pointer, pointer};  // map, key, value, captured
  Callback callback = emit_callback(parameters, node.body, [&](llvm::BasicBlock *) {
    allocate_variable(&node);
    bind_entry(node, frame_.function->getArg(1), frame_.function->getArg(2));
  });
  uint32_t index = info(*node.map).map;
  helper(Helper::ForEachMapElem, {map(index), callback.function, callback.captured, constant(0)});
  leave_if_stopped(callback);
}

// $kv = (key, value): a copy, as the entry may go away during the round.
void Emitter::bind_entry(const ast::ForMap &node, llvm::Value *key, llvm::Value *entry) {
  uint32_t variable = unit_.declared.at(&node);
  uint32_t index = info(*node.map).map;
  const image::MapSpec &spec = analysis_.maps[index];
  const Type &type = unit_.variables[variable].type;
  const Field &first = type.layout->fields[0], &second = type.layout->fields[1];
  llvm::Value *tuple = variable_address(variable);
  zero_padding(tuple, type);
  llvm::Value *key_value = spec.key.is_scalar() ? load(key, spec.key) : key;
  store_value(key_value, spec.key, offset(tuple, first.offset), first.type);
  llvm::Value *value = spec.value.is_scalar() ? load(entry, spec.value) : entry;
  if (spec.value.is_aggregate() && second.type.is_scalar())
    value = aggregate_value(index, key);
  store_value(value, spec.value, offset(tuple, second.offset), second.type);
}

void Emitter::emit_large_range(const ast::ForRange &node) {
  uint32_t variable = unit_.declared.at(&node);
  const Type &type = unit_.variables[variable].type;
  llvm::Value *begin = value64(*node.begin), *end = value64(*node.end);
  llvm::Value *some = ir_.CreateICmpSLT(begin, end);
  llvm::Value *rounds = ir_.CreateSelect(some, ir_.CreateSub(end, begin), constant(0));
  llvm::Type *parameters[] = {ir_.getInt64Ty(), ir_.getPtrTy()};  // round, captured
  Callback callback = emit_callback(parameters, node.body, [&](llvm::BasicBlock *) {
    allocate_variable(&node);
    llvm::Value *first = load(offset(frame_.captured, 8 * kBeginWord), Type::int64());
    llvm::Value *current = ir_.CreateAdd(first, frame_.function->getArg(0));
    ir_.CreateStore(convert(current, Type::int64(), type), variable_address(variable));
  });
  ir_.CreateStore(begin, offset(callback.captured, 8 * kBeginWord));
  helper(Helper::Loop, {rounds, callback.function, callback.captured, constant(0)});
  leave_if_stopped(callback);
}

// The condition is the first statement of each round, whatever it depends on.
void Emitter::emit_counted_while(const ast::While &node) {
  llvm::Type *parameters[] = {ir_.getInt64Ty(), ir_.getPtrTy()};  // round, captured
  Callback callback = emit_callback(parameters, node.body, [&](llvm::BasicBlock *stop) {
    llvm::BasicBlock *body = block("while_body");
    ir_.CreateCondBr(condition(*node.condition), body, stop);
    ir_.SetInsertPoint(body);
  });
  helper(Helper::Loop, {constant(kMostRounds), callback.function, callback.captured, constant(0)});
  leave_if_stopped(callback);
}

}  // namespace sonde::codegen
