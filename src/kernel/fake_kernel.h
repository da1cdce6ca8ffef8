// A kernel made of literals, for tests and fuzzers: no file is read, every answer is known.
//
// The default has the tracepoints syscalls:sys_enter_openat, syscalls:sys_exit_openat,
// syscalls:sys_enter_open, syscalls:sys_enter_nanosleep, sched:sched_process_exec,
// sched:sched_switch and raw_syscalls:sys_enter; the functions vfs_read, vfs_write, vfs_open,
// do_nanosleep and [nf_tables] nft_do_chain; the types task_struct, mm_struct, file, path, dentry,
// qstr, ethhdr, enum pid_type and an enum without a name, of TCP_ESTABLISHED and TCP_LISTEN; two CPUs; Linux 6.12 with
// every feature.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace sonde::kernel {

class FakeKernel : public Kernel {
public:
  FakeKernel();

  // `format` is a format file or its field lines alone. Asserts that it can be parsed.
  void add_tracepoint(const std::string &category, const std::string &event, const std::string &format);
  void add_function(std::string name, std::string module = {}, uint64_t address = 0);
  // Of vmlinux.
  void add_prototype(const std::string &function, Prototype prototype) { function_types_[function] = prototype; }
  void add_iterator(std::string name) { iterators_.insert(std::move(name)); }
  void add_bpf_program(uint32_t id, std::string name) { bpf_programs_.push_back({id, std::move(name)}); }
  void add_raw_tracepoint(const std::string &event, Prototype prototype) { raw_tracepoint_types_[event] = prototype; }
  // By the type's own name.
  void add_type(Type type);
  void set_version(KernelVersion version) { version_ = version; }
  void set_arch(Arch arch) { arch_ = arch; }
  void remove_feature(Feature feature) { missing_.insert(feature); }
  void set_cpus(std::vector<uint32_t> online, uint32_t possible);
  void set_pid_namespace(PidNamespace space) { pid_namespace_ = space; }
  // From now on, tracefs and type() fail with these.
  void fail_tracefs(Error error) { tracefs_error_ = std::move(error); }
  void fail_types(Error error) { type_error_ = std::move(error); }

  KernelVersion version() override { return version_; }
  Arch arch() const override { return arch_; }
  bool has(Feature feature) override { return !missing_.contains(feature); }
  Result<std::string> tracefs() override;
  Result<std::vector<TracepointName>> tracepoints(std::string_view category, std::string_view event) override;
  Result<TracepointFormat> tracepoint_format(const std::string &category, const std::string &event) override;
  Result<std::vector<KernelFunction>> functions(std::string_view module, std::string_view name) override;
  std::optional<uint64_t> symbol_address(const std::string &name) override;
  Result<std::optional<Type>> type(const std::string &name) override;
  // Of the functions with prototypes those that BPF's are called like.
  bool programs_may_call(const std::string &function, std::string_view) override {
    return function_types_.contains(function) && function.starts_with("bpf_");
  }
  // From 1 on, in the order of their names.
  uint32_t type_id(const std::string &name) override {
    auto found = types_.find(name);
    return found == types_.end() ? 0 : static_cast<uint32_t>(std::distance(types_.begin(), found)) + 1;
  }
  uint32_t function_id(const std::string &name) override {
    auto found = function_types_.find(name);
    return found == function_types_.end() ? 0
                                          : static_cast<uint32_t>(std::distance(function_types_.begin(), found)) + 1;
  }
  Result<std::optional<Type>> enum_with(const std::string &enumerator) override;
  Result<std::vector<KernelFunction>> typed_functions(std::string_view module, std::string_view name) override;
  Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) override;
  bool is_raw_tracepoint(const std::string &, const std::string &event) override {
    return raw_tracepoint_types_.contains(event);
  }
  Result<std::vector<std::string>> iterators(std::string_view glob) override;
  Result<std::optional<Prototype>> function_prototype(const KernelFunction &function) override;
  Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) override;
  std::optional<PidNamespace> pid_namespace() override { return pid_namespace_; }
  Result<std::vector<BpfProgramName>> bpf_programs() override { return bpf_programs_; }
  Result<std::vector<std::string>> type_names(std::string_view glob) override;
  // The name alone: this kernel has no text of definitions.
  Result<std::string> type_definition(const std::string &name) override { return name + " {};"; }
  const std::vector<uint32_t> &online_cpus() override { return online_cpus_; }
  uint32_t possible_cpu_count() override { return possible_cpus_; }

private:
  KernelVersion version_{6, 12, 0};
  Arch arch_ = native_arch();
  std::set<Feature> missing_;
  std::map<std::pair<std::string, std::string>, TracepointFormat> tracepoints_;
  struct OwnedFunction {
    std::string name, module;
    friend auto operator<=>(const OwnedFunction &, const OwnedFunction &) = default;
  };
  std::set<OwnedFunction> functions_;
  std::set<std::string> iterators_;
  std::vector<BpfProgramName> bpf_programs_;
  std::map<std::string, uint64_t> addresses_;
  std::map<std::string, Type> types_;
  std::map<std::string, Prototype> function_types_, raw_tracepoint_types_;
  std::optional<Error> tracefs_error_, type_error_;
  std::optional<PidNamespace> pid_namespace_;
  std::vector<uint32_t> online_cpus_{0, 1};
  uint32_t possible_cpus_ = 2;
};

}  // namespace sonde::kernel
