// The LLVM module of one ProgramImage: its programs, maps and parameters.
//
// Emitters ask it for the globals they use; what nobody asked for is not in the object.
#pragma once

#include <llvm/IR/DataLayout.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/source.h"
#include "codegen/debug_info.h"
#include "codegen/kernel_types.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace llvm {
class TargetMachine;
}

namespace sonde::codegen {

// Slower ways, for programs that do not fit otherwise.
struct Economy {
  bool spares_stack = false;  // variables and temporaries live in scratch memory
  bool rolls_loops = false;   // unroll repeats its statements by a loop
};

class ModuleBuilder {
public:
  ModuleBuilder(const sema::Analysis &analysis, const Sources &sources, kernel::Kernel &kernel,
                const llvm::TargetMachine &target, Economy economy);

  // Emits all programs and closes the module; it must not be used afterwards but to be taken.
  void build();
  llvm::Module &module() { return *module_; }

  // Whether, as the object was emitted, a program was found to need more stack than there is: alone, or together with
  // the functions that it calls or has called back.
  bool is_out_of_stack() const { return is_out_of_stack_ || too_deep_program(); }
  // The program whose functions together need more; null when there is none.
  const llvm::Function *too_deep_program() const;
  bool spares_stack() const { return economy_.spares_stack; }
  bool rolls_loops() const { return economy_.rolls_loops; }

  // ---- Images for other machines ----
  KernelTypes &kernel_types() { return kernel_types_; }
  void note_use(image::KernelUse use) { image::add_use(kernel_uses_, std::move(use)); }
  std::vector<image::KernelUse> take_kernel_uses() { return std::move(kernel_uses_); }
  // The script needs there what cannot be looked up there.
  void refuse_elsewhere(Location where, std::string why);
  struct Refusal {
    Location where;
    std::string why;
  };
  const std::vector<Refusal> &refusals() const { return refusals_; }
  // Where in kSyscallsSection the unit's table begins, if it has one.
  std::optional<uint32_t> syscall_table_offset(const sema::Unit &unit) const;

  // For values that LLVM shall not merge: above those of places in the context.
  uint64_t next_number() { return ++last_number_; }
  llvm::LLVMContext &context() { return context_; }
  DebugInfo &debug_info() { return debug_info_; }
  kernel::Kernel &kernel() { return kernel_; }

  llvm::GlobalVariable *map(uint32_t index) { return maps_[index]; }
  // Of a map that has them.
  llvm::GlobalVariable *task_slots(uint32_t index);
  llvm::GlobalVariable *ring_buffer();
  llvm::GlobalVariable *control_ring();
  llvm::GlobalVariable *packets();
  // The counters of kLossesSection, of which word `word` will be used.
  llvm::GlobalVariable *losses(uint32_t word);
  image::LossWords loss_words() const { return {static_cast<uint32_t>(analysis_.units.size())}; }
  // Returns its number.
  uint32_t add_failure_site(image::FailureSite site);
  std::vector<image::FailureSite> take_failure_sites() { return std::move(failure_sites_); }
  // The stack-trace map for stacks of a type: the first or the second of its two.
  llvm::GlobalVariable *stacks(const Type &type, bool is_second);
  // The map of scratch areas (emit_scratch.cpp); `size` bytes of an area will be used.
  llvm::GlobalVariable *scratch(uint32_t size);
  // The maps of image::Scope, by name: sets of process ids, and the cgroup.
  llvm::GlobalVariable *pid_set(const char *name);
  llvm::GlobalVariable *scope_cgroup();
  llvm::GlobalVariable *parameter(const image::Parameter &parameter);
  std::vector<image::Parameter> take_parameters() { return std::move(parameters_); }
  // A text of the command line: kTextBytes.
  llvm::GlobalVariable *text(const image::Parameter &parameter);
  std::vector<image::Parameter> take_texts() { return std::move(texts_); }
  // A constant of the object, indexed by the number of a system call: one more than the name's index of the
  // unit's target, 0 for others; the last is 0.
  llvm::GlobalVariable *syscall_table(const sema::Unit &unit);
  // A function that a helper of the kernel calls back; it returns 0 to go on and 1 to stop.
  llvm::Function *add_callback(const std::string &name, std::span<llvm::Type *const> parameters, Location where);

private:
  void add_license();
  void add_user_maps();
  void add_program(uint32_t unit_index);
  // emit_session.cpp
  void emit_session(uint32_t entry, llvm::Function &program);
  llvm::Function *add_session_part(uint32_t unit_index);
  llvm::FunctionCallee session_test();
  llvm::GlobalVariable *add_losses(uint32_t count);
  void size_losses();
  void ask_for_stack_sizes();
  uint64_t stack_with_callees(const llvm::Function &function) const;
  llvm::GlobalVariable *add_ring(const char *name);
  llvm::GlobalVariable *add_map(const std::string &name);
  llvm::GlobalVariable *add_memory(const std::string &name, const std::string &section, uint64_t size);

  const sema::Analysis &analysis_;
  kernel::Kernel &kernel_;
  llvm::LLVMContext context_;
  std::unique_ptr<llvm::Module> module_;
  DebugInfo debug_info_;
  std::vector<llvm::GlobalVariable *> maps_;  // parallel to Analysis::maps
  std::map<uint32_t, llvm::GlobalVariable *> task_slots_;
  std::vector<image::Parameter> parameters_;  // those asked for, as they lie in the object
  std::vector<llvm::GlobalVariable *> parameter_variables_;
  std::vector<image::Parameter> texts_;  // the same of texts
  std::vector<llvm::GlobalVariable *> text_variables_;
  llvm::GlobalVariable *settled_at_load(const std::string &symbol, llvm::Constant *value, const char *section,
                                        const Type &type);
  KernelTypes kernel_types_;
  std::vector<image::KernelUse> kernel_uses_;
  std::vector<Refusal> refusals_;
  uint64_t last_number_ = 1 << 20;
  struct SyscallTable {
    llvm::GlobalVariable *variable = nullptr;
    uint32_t offset = 0;
  };
  std::map<const sema::Unit *, SyscallTable> syscall_tables_;
  uint32_t syscall_tables_size_ = 0;
  llvm::GlobalVariable *ring_buffer_ = nullptr;
  llvm::GlobalVariable *control_ring_ = nullptr;
  llvm::GlobalVariable *packets_ = nullptr;
  std::map<std::string, llvm::GlobalVariable *> pid_sets_;  // by name
  llvm::GlobalVariable *scope_cgroup_ = nullptr;
  llvm::GlobalVariable *losses_ = nullptr;
  uint32_t loss_count_ = 0;
  std::vector<image::FailureSite> failure_sites_;
  std::unordered_map<std::string, llvm::GlobalVariable *> stacks_;  // by name
  Economy economy_;
  bool is_out_of_stack_ = false;
  std::map<const llvm::Function *, uint64_t> stack_sizes_;  // bytes, as emitted; none where it is 0
  llvm::GlobalVariable *scratch_ = nullptr;
  uint32_t scratch_size_ = 0;
};

// The function that holds what a unit does: its program or, where two units share one, a part of it.
std::string body_name(const sema::Unit &unit);

}  // namespace sonde::codegen
