// Adds to a module what libbpf looks for: the license, `.maps` described by BTF, parameters, and a
// function per program in the section of its provider.
#include "codegen/module_builder.h"

#include <linux/bpf.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <cassert>
#include <cctype>

#include "codegen/emitter.h"
#include "image/table_layout.h"
#include "image/task_slots.h"
#include "types/stack.h"

namespace sonde::codegen {
namespace {

// The runtime sets the size that it wants; this one is for other loaders.
constexpr uint32_t kRingBufferBytes = 256 * 1024;

// Stacks that stack-trace maps have buckets for. The kernel allocates each in full, 1 KiB for 127
// frames: 16 MiB take it 4 ms.
constexpr uint32_t kFirstStacks = 16384;
constexpr uint32_t kSecondStacks = 8192;

uint32_t bpf_map_type(image::MapStorage storage) {
  switch (storage) {
  case image::MapStorage::Hash: return BPF_MAP_TYPE_HASH;
  case image::MapStorage::LruHash: return BPF_MAP_TYPE_LRU_HASH;
  case image::MapStorage::PerCpuHash: return BPF_MAP_TYPE_PERCPU_HASH;
  case image::MapStorage::LruPerCpuHash: return BPF_MAP_TYPE_LRU_PERCPU_HASH;
  case image::MapStorage::Array: return BPF_MAP_TYPE_ARRAY;
  case image::MapStorage::PerCpuArray: return BPF_MAP_TYPE_PERCPU_ARRAY;
  case image::MapStorage::Table: break;  // no map by itself: add_memory()
  }
  assert(false && "unknown storage");
  return BPF_MAP_TYPE_UNSPEC;
}

// Of its variable in the object: a C identifier that no map has.
std::string symbol_of(const image::Parameter &parameter) {
  std::string symbol = "param_" + std::string(image::kParameterNames[static_cast<size_t>(parameter.kind)]);
  for (char c : parameter.name.empty() ? "" : "_" + parameter.name)
    symbol += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return symbol;
}

std::unique_ptr<llvm::Module> make_module(llvm::LLVMContext &context, const llvm::TargetMachine &target) {
  auto module = std::make_unique<llvm::Module>("sonde", context);
  module->setTargetTriple(target.getTargetTriple().str());
  module->setDataLayout(target.createDataLayout());
  return module;
}

}  // namespace

ModuleBuilder::ModuleBuilder(const sema::Analysis &analysis, const Sources &sources, kernel::Kernel &kernel,
                             const llvm::TargetMachine &target, Economy economy)
    : analysis_(analysis), kernel_(kernel), module_(make_module(context_, target)), debug_info_(*module_, sources),
      kernel_types_(*module_, debug_info_, [this] { return next_number(); }), kernel_uses_(analysis.kernel_uses),
      economy_(economy) {
  // The one error that valid IR leads to (the default handler would end the process), and sizes of stacks.
  auto note = [](const llvm::DiagnosticInfo *info, void *context) {
    auto *builder = static_cast<ModuleBuilder *>(context);
    if (const auto *stack = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(info))
      builder->stack_sizes_[&stack->getFunction()] = stack->getStackSize();
    else if (info->getSeverity() == llvm::DS_Error)
      builder->is_out_of_stack_ = true;
  };
  context_.setDiagnosticHandlerCallBack(note, this);
}

void ModuleBuilder::build() {
  add_license();
  add_user_maps();
  for (uint32_t i = 0; i < analysis_.units.size(); ++i)
    add_program(i);
  size_losses();
  // Only now is it known how much scratch the hungriest program needs.
  if (scratch_)
    debug_info_.describe_map(*scratch_, {BPF_MAP_TYPE_ARRAY, image::kScratchLevels * kernel_.possible_cpu_count(),
                                         debug_info_.type(Type::integer(32, false)), debug_info_.bytes(scratch_size_)});
  ask_for_stack_sizes();
  kernel_types_.finish();
  debug_info_.finish();
}

// LLVM tells them as warnings of frames that are larger than this.
void ModuleBuilder::ask_for_stack_sizes() {
  for (llvm::Function &function : *module_)
    if (!function.isDeclaration())
      function.addFnAttr("warn-stack-size", "0");
}

// As the verifier counts: frames in steps of 32 bytes, the deepest chain of functions. References count as calls: a
// helper calls back what it is given.
uint64_t ModuleBuilder::stack_with_callees(const llvm::Function &function) const {
  auto size = stack_sizes_.find(&function);
  uint64_t own = std::max<uint64_t>(size == stack_sizes_.end() ? 0 : size->second, 1);
  uint64_t deepest = 0;
  for (const llvm::Instruction &instruction : llvm::instructions(function))
    for (const llvm::Use &operand : instruction.operands())
      if (const auto *callee = llvm::dyn_cast<llvm::Function>(operand); callee && !callee->isDeclaration())
        deepest = std::max(deepest, stack_with_callees(*callee));
  return (own + 31) / 32 * 32 + deepest;
}

const llvm::Function *ModuleBuilder::too_deep_program() const {
  constexpr uint64_t kMostStack = 512;  // MAX_BPF_STACK
  for (const llvm::Function &function : *module_)
    if (!function.isDeclaration() && !function.hasLocalLinkage() && !function.hasHiddenVisibility() &&
        stack_with_callees(function) > kMostStack)
      return &function;
  return nullptr;
}

void ModuleBuilder::add_license() {
  auto *text = llvm::ConstantDataArray::getString(context_, analysis_.config.license);
  auto *license =
      new llvm::GlobalVariable(*module_, text->getType(), true, llvm::GlobalValue::ExternalLinkage, text, "LICENSE");
  license->setSection("license");
  license->setAlignment(llvm::Align(1));
}

// Its value is a place to write to, not one to fold.
llvm::GlobalVariable *ModuleBuilder::settled_at_load(const std::string &symbol, llvm::Constant *value,
                                                     const char *section, const Type &type) {
  auto *global =
      new llvm::GlobalVariable(*module_, value->getType(), true, llvm::GlobalValue::ExternalLinkage, value, symbol);
  global->setSection(section);
  global->setAlignment(llvm::Align(8));
  global->setExternallyInitialized(true);
  debug_info_.describe_variable(*global, debug_info_.type(type));
  return global;
}

llvm::GlobalVariable *ModuleBuilder::parameter(const image::Parameter &parameter) {
  auto found = std::find(parameters_.begin(), parameters_.end(), parameter);
  if (found != parameters_.end())
    return parameter_variables_[found - parameters_.begin()];
  llvm::Constant *zero = llvm::ConstantInt::get(llvm::Type::getInt64Ty(context_), 0);
  parameters_.push_back(parameter);
  return parameter_variables_.emplace_back(
      settled_at_load(symbol_of(parameter), zero, image::kParametersSection, Type::uint64()));
}

llvm::GlobalVariable *ModuleBuilder::text(const image::Parameter &parameter) {
  auto found = std::find(texts_.begin(), texts_.end(), parameter);
  if (found != texts_.end())
    return text_variables_[found - texts_.begin()];
  auto *type = llvm::ArrayType::get(llvm::Type::getInt8Ty(context_), image::kTextBytes);
  texts_.push_back(parameter);
  return text_variables_.emplace_back(settled_at_load("text_" + symbol_of(parameter),
                                                      llvm::ConstantAggregateZero::get(type), image::kTextsSection,
                                                      Type::string(image::kTextBytes)));
}

// Its description tells libbpf all; the bytes themselves are never read.
llvm::GlobalVariable *ModuleBuilder::add_map(const std::string &name) {
  auto *type = llvm::ArrayType::get(llvm::Type::getInt64Ty(context_), 5);
  auto *map = new llvm::GlobalVariable(*module_, type, false, llvm::GlobalValue::ExternalLinkage,
                                       llvm::ConstantAggregateZero::get(type), name);
  map->setSection(".maps");
  map->setDSOLocal(true);
  map->setAlignment(llvm::Align(8));
  return map;
}

void ModuleBuilder::add_user_maps() {
  for (const image::MapSpec &spec : analysis_.maps) {
    if (spec.storage == image::MapStorage::Table) {
      uint64_t size = image::table_layout(spec, kernel_.possible_cpu_count()).size;
      maps_.push_back(add_memory(spec.bpf_name, image::table_section(spec), size));
      continue;
    }
    llvm::GlobalVariable *map = add_map(spec.bpf_name);
    llvm::DIType *key = debug_info_.type(spec.is_scalar() ? Type::integer(32, false) : spec.key);
    llvm::DIType *value = spec.is_scalar() ? debug_info_.scalar_slot(spec) : debug_info_.type(spec.value);
    debug_info_.describe_map(*map, {bpf_map_type(spec.storage), spec.max_entries, key, value});
    maps_.push_back(map);
  }
}

// A variable that is zero at first, which libbpf makes an array of one value.
llvm::GlobalVariable *ModuleBuilder::add_memory(const std::string &name, const std::string &section, uint64_t size) {
  auto *type = llvm::ArrayType::get(llvm::Type::getInt8Ty(context_), size);
  auto *memory = new llvm::GlobalVariable(*module_, type, false, llvm::GlobalValue::ExternalLinkage,
                                          llvm::ConstantAggregateZero::get(type), name);
  memory->setSection(section);
  memory->setAlignment(llvm::Align(8));
  debug_info_.describe_variable(*memory, debug_info_.bytes(static_cast<uint32_t>(size)));
  return memory;
}

llvm::GlobalVariable *ModuleBuilder::task_slots(uint32_t index) {
  const image::MapSpec &spec = analysis_.maps[index];
  llvm::GlobalVariable *&slots = task_slots_[index];
  if (!slots)
    slots = add_memory("slots_" + spec.bpf_name, image::task_slots_section(spec), image::task_slots_layout(spec).size);
  return slots;
}

llvm::GlobalVariable *ModuleBuilder::add_ring(const char *name) {
  llvm::GlobalVariable *ring = add_map(name);
  debug_info_.describe_map(*ring, {BPF_MAP_TYPE_RINGBUF, kRingBufferBytes, nullptr, nullptr});
  return ring;
}

llvm::GlobalVariable *ModuleBuilder::ring_buffer() {
  if (!ring_buffer_)
    ring_buffer_ = add_ring(image::kRingBufferMap);
  return ring_buffer_;
}

llvm::GlobalVariable *ModuleBuilder::control_ring() {
  if (!control_ring_)
    control_ring_ = add_ring(image::kControlRingMap);
  return control_ring_;
}

// libbpf makes it as large as there are CPUs.
llvm::GlobalVariable *ModuleBuilder::packets() {
  if (!packets_) {
    packets_ = add_map(image::kPacketsMap);
    llvm::DIType *word = debug_info_.type(Type::integer(32, false));
    debug_info_.describe_map(*packets_, {BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0, word, word});
  }
  return packets_;
}

llvm::GlobalVariable *ModuleBuilder::pid_set(const char *name) {
  llvm::GlobalVariable *&set = pid_sets_[name];
  if (!set) {
    set = add_map(name);
    debug_info_.describe_map(*set,
                             {BPF_MAP_TYPE_HASH, image::kMostScopePids, debug_info_.type(Type::integer(32, false)),
                              debug_info_.type(Type::integer(8, false))});
  }
  return set;
}

llvm::GlobalVariable *ModuleBuilder::scope_cgroup() {
  if (!scope_cgroup_) {
    llvm::DIType *word = debug_info_.type(Type::integer(32, false));
    scope_cgroup_ = add_map(image::kScopeCgroupMap);
    debug_info_.describe_map(*scope_cgroup_, {BPF_MAP_TYPE_CGROUP_ARRAY, 1, word, word});
  }
  return scope_cgroup_;
}

llvm::GlobalVariable *ModuleBuilder::add_losses(uint32_t count) {
  auto *type = llvm::ArrayType::get(llvm::Type::getInt64Ty(context_), count);
  auto *losses = new llvm::GlobalVariable(*module_, type, false, llvm::GlobalValue::ExternalLinkage,
                                          llvm::ConstantAggregateZero::get(type), "losses");
  losses->setSection(image::kLossesSection);
  losses->setAlignment(llvm::Align(8));
  return losses;
}

llvm::GlobalVariable *ModuleBuilder::losses(uint32_t word) {
  loss_count_ = std::max(loss_count_, word + 1);
  if (!losses_)
    losses_ = add_losses(1);
  return losses_;
}

// Only now is it known how many words are used: the variable of that size takes the place of the one that stood for it.
void ModuleBuilder::size_losses() {
  if (!losses_)
    return;
  llvm::GlobalVariable *sized = add_losses(loss_count_);
  losses_->replaceAllUsesWith(sized);
  sized->takeName(losses_);
  losses_->eraseFromParent();
  losses_ = sized;
  debug_info_.describe_variable(*sized, debug_info_.type(Type::array(Type::uint64(), loss_count_)));
}

uint32_t ModuleBuilder::add_failure_site(image::FailureSite site) {
  failure_sites_.push_back(std::move(site));
  return static_cast<uint32_t>(failure_sites_.size() - 1);
}

llvm::GlobalVariable *ModuleBuilder::stacks(const Type &type, bool is_second) {
  llvm::GlobalVariable *&map = stacks_[stack_map_name(type, is_second)];
  if (!map) {
    map = add_map(stack_map_name(type, is_second));
    uint32_t flags = type.stack_mode == StackMode::BuildId ? BPF_F_STACK_BUILD_ID : 0;
    debug_info_.describe_map(*map, {BPF_MAP_TYPE_STACK_TRACE, is_second ? kSecondStacks : kFirstStacks,
                                    debug_info_.type(Type::integer(32, false)),
                                    debug_info_.bytes(stack_frame_size(type) * type.count), flags});
  }
  return map;
}

llvm::GlobalVariable *ModuleBuilder::scratch(uint32_t size) {
  if (!scratch_)
    scratch_ = add_map(image::kScratchMap);
  scratch_size_ = std::max(scratch_size_, size);
  return scratch_;
}

llvm::GlobalVariable *ModuleBuilder::syscall_table(const sema::Unit &unit) {
  auto &[table, offset] = syscall_tables_[&unit];
  if (table)
    return table;
  std::vector<uint32_t> entries(kernel_.is_the_one() ? 0 : image::kSyscallTableEntries);
  for (const image::Target &target : unit.targets) {
    entries.resize(std::max<size_t>(entries.size(), *target.syscall + 2));
    entries[*target.syscall] = static_cast<uint32_t>(target.name_index + 1);
  }
  auto *values = llvm::ConstantDataArray::get(context_, entries);
  table = new llvm::GlobalVariable(*module_, values->getType(), true, llvm::GlobalValue::ExternalLinkage, values,
                                   unit.function + "_targets");
  table->setSection(image::kSyscallsSection);
  table->setAlignment(llvm::Align(8));
  table->setExternallyInitialized(!kernel_.is_the_one());
  offset = syscall_tables_size_;
  syscall_tables_size_ += static_cast<uint32_t>((entries.size() * sizeof(uint32_t) + 7) / 8 * 8);
  debug_info_.describe_variable(
      *table, debug_info_.type(Type::array(Type::integer(32, false), static_cast<uint32_t>(entries.size()))));
  return table;
}

std::optional<uint32_t> ModuleBuilder::syscall_table_offset(const sema::Unit &unit) const {
  auto found = syscall_tables_.find(&unit);
  return found == syscall_tables_.end() ? std::nullopt : std::optional(found->second.offset);
}

void ModuleBuilder::refuse_elsewhere(Location where, std::string why) {
  auto is_same = [&](const Refusal &other) { return other.where.begin == where.begin && other.why == why; };
  if (std::none_of(refusals_.begin(), refusals_.end(), is_same))
    refusals_.push_back({where, std::move(why)});
}

void ModuleBuilder::add_program(uint32_t unit_index) {
  const sema::Unit &unit = analysis_.units[unit_index];
  if (unit.is_session_return)
    return;  // emitted with its entry
  auto *pointer = llvm::PointerType::get(context_, 0);
  auto *type = llvm::FunctionType::get(llvm::Type::getInt32Ty(context_), {pointer}, false);
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, unit.function, *module_);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->getArg(0)->setName("ctx");
  debug_info_.describe_function(*function, unit.probe->where, /*is_program=*/true);
  if (unit.session_return != sema::kNoIndex) {
    emit_session(unit_index, *function);
    function->setSection(std::string(unit.provider->section()));
    return;
  }
  Emitter emitter(*this, analysis_, unit, unit_index, *function);
  emitter.emit_program();
  // libbpf's spelling of a program that the kernel shall let sleep.
  function->setSection(std::string(unit.provider->section()) + (emitter.sleeps() ? ".s" : ""));
}

llvm::Function *ModuleBuilder::add_callback(const std::string &name, std::span<llvm::Type *const> parameters,
                                            Location where) {
  llvm::ArrayRef<llvm::Type *> types(parameters.data(), parameters.size());
  auto *type = llvm::FunctionType::get(llvm::Type::getInt64Ty(context_), types, false);
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, *module_);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addFnAttr(llvm::Attribute::NoInline);
  for (llvm::Argument &argument : function->args())
    argument.setName("p" + std::to_string(argument.getArgNo()));
  debug_info_.describe_function(*function, where, /*is_program=*/false);
  return function;
}

}  // namespace sonde::codegen
