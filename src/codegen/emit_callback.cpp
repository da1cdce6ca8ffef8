// Loops whose rounds the kernel counts: for over a map, for over a large range, while. Their bodies
// are functions that a helper calls back:
//
//   for ($kv : @m) { $n += $kv.1 }  →  captured = { stop, ctx, &$n }; for_each(@m, body, captured)
//
// Variables of the program are captured by reference, as pointers in the captured array.
#include <algorithm>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
namespace {

// The frames of caller and callback share 512 bytes.
constexpr uint32_t kCallbackStack = 64;

// Words of the captured array before the variables.
constexpr uint64_t kStopWord = 0, kContextWord = 1, kFirstVariableWord = 2;

// The most rounds that bpf_loop takes (BPF_MAX_LOOPS).
constexpr uint64_t kMostRounds = 1 << 23;

}  // namespace

llvm::Value *Emitter::capture(const std::vector<uint32_t> &variables) {
  llvm::Value *captured = nullptr;
  {
    llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(frame_.entry);
    auto *type = llvm::ArrayType::get(ir_.getInt64Ty(), kFirstVariableWord + variables.size());
    captured = ir_.CreateAlloca(type, nullptr, "captured");
  }
  ir_.CreateStore(constant(0), offset(captured, 8 * kStopWord));
  ir_.CreateStore(context(), offset(captured, 8 * kContextWord));
  for (size_t i = 0; i < variables.size(); ++i)
    ir_.CreateStore(frame_.variables[variables[i]], offset(captured, 8 * (kFirstVariableWord + i)));
  return captured;
}

// The verifier goes on with rounds until it has seen all states. A counter that it knows makes a new
// state each time and never ends; so what it knows of captured numbers is taken away: each gets
// added a zero that was read from memory. (A read of address 0 fails, and clears its destination.)
void Emitter::forget_values(const std::vector<uint32_t> &variables) {
  llvm::Value *zero = nullptr;
  for (uint32_t variable : variables) {
    const Type &type = unit_.variables[variable].type;
    if (!type.is_scalar())
      continue;
    if (!zero) {
      llvm::Value *memory = allocate(8);
      helper(Helper::ProbeReadKernel, {memory, constant(8), constant(0)});
      zero = load(memory, Type::uint64());
    }
    llvm::Value *address = frame_.variables[variable];
    llvm::Value *cut = ir_.CreateTrunc(zero, type_of(type));
    ir_.CreateStore(ir_.CreateAdd(ir_.CreateLoad(type_of(type), address), cut), address);
  }
}

// Makes the callback the function that is being emitted.
void Emitter::enter_callback(llvm::Function &function, const std::vector<uint32_t> &variables) {
  frame_ = make_frame(function, kCallbackStack);
  begin_frame();
  llvm::Value *captured = function.getArg(function.arg_size() - 1);
  auto word = [&](uint64_t index) { return ir_.CreateLoad(ir_.getPtrTy(), offset(captured, 8 * index)); };
  frame_.stop = offset(captured, 8 * kStopWord);
  frame_.context = word(kContextWord);
  for (size_t i = 0; i < variables.size(); ++i)
    frame_.variables[variables[i]] = word(kFirstVariableWord + i);
}

Emitter::Callback Emitter::emit_callback(std::span<llvm::Type *const> parameters, const ast::Block &body,
                                         const std::function<void(llvm::BasicBlock *)> &prepare) {
  std::vector<uint32_t> variables;
  for (uint32_t i = 0; i < frame_.variables.size(); ++i)
    if (frame_.variables[i])
      variables.push_back(i);
  Callback callback;
  forget_values(variables);
  callback.captured = capture(variables);
  callback.function = module_.add_callback(unit_.function + "_loop", parameters, where_);

  llvm::IRBuilder<>::InsertPoint after = ir_.saveIP();
  Frame outer = std::move(frame_);
  std::vector<StackPiece> outer_free = std::exchange(free_stack_, {}), outer_used = std::exchange(used_stack_, {});
  enter_callback(*callback.function, variables);
  llvm::BasicBlock *stop = block("break");
  prepare(stop);
  emit_body(body, frame_.exit, stop);
  ir_.SetInsertPoint(stop);
  ir_.CreateRet(constant(1));
  ir_.SetInsertPoint(block("unreachable"));
  callback.may_stop = frame_.may_stop;
  finish_frame();

  frame_ = std::move(outer);
  free_stack_ = std::move(outer_free);
  used_stack_ = std::move(outer_used);
  ir_.restoreIP(after);
  locate(where_);
  return callback;
}

void Emitter::leave_if_stopped(const Callback &callback) {
  if (!callback.may_stop)
    return;
  llvm::Value *stop = load(offset(callback.captured, 8 * kStopWord), Type::uint64());
  branch(ir_.CreateICmpNE(stop, constant(0)), [&] { return_from_program(); });
}

void Emitter::emit(const ast::ForMap &node) {
  llvm::Type *pointer = ir_.getPtrTy();
  llvm::Type *parameters[] = {pointer, pointer, pointer, pointer};  // map, key, value, captured
  Callback callback = emit_callback(parameters, node.body, [&](llvm::BasicBlock *) {
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
  if (!frame_.variables[variable])
    frame_.variables[variable] = allocate(type.size, type.alignment());
  llvm::Value *tuple = frame_.variables[variable];
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
  // The callback finds the first value behind the loop's own variable.
  llvm::Value *own = variable_address(variable);
  ir_.CreateStore(convert(begin, Type::int64(), type), own);
  llvm::Type *parameters[] = {ir_.getInt64Ty(), ir_.getPtrTy()};  // round, captured
  Callback callback = emit_callback(parameters, node.body, [&](llvm::BasicBlock *) {
    llvm::Value *address = frame_.variables[variable];
    llvm::Value *round = frame_.function->getArg(0);
    llvm::Value *base = convert(load(address, type), type, Type::int64());
    llvm::Value *current = ir_.CreateAdd(base, round);
    frame_.variables[variable] = allocate_counter();
    ir_.CreateStore(convert(current, Type::int64(), type), frame_.variables[variable]);
  });
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
