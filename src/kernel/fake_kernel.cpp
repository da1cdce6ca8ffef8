// The fake kernel's default contents: shapes of real tracepoints and types, shortened.
#include "kernel/fake_kernel.h"

#include <cassert>

#include "base/text.h"
#include "kernel/kernel_functions.h"
#include "kernel/tracepoint_format.h"

namespace sonde::kernel {
namespace {

constexpr const char *kCommon = R"(
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

)";

constexpr const char *kEnterOpenat = R"(	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:int dfd;	offset:16;	size:8;	signed:0;
	field:const char * filename;	offset:24;	size:8;	signed:0;
	field:int flags;	offset:32;	size:8;	signed:0;
	field:umode_t mode;	offset:40;	size:8;	signed:0;
)";

constexpr const char *kExitOpenat = R"(	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:long ret;	offset:16;	size:8;	signed:1;
)";

constexpr const char *kEnterOpen = R"(	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:const char * filename;	offset:16;	size:8;	signed:0;
	field:int flags;	offset:24;	size:8;	signed:0;
	field:umode_t mode;	offset:32;	size:8;	signed:0;
)";

constexpr const char *kEnterNanosleep = R"(	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:struct __kernel_timespec * rqtp;	offset:16;	size:8;	signed:0;
	field:struct __kernel_timespec * rmtp;	offset:24;	size:8;	signed:0;
)";

constexpr const char *kProcessExec =
    R"(	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:pid_t old_pid;	offset:16;	size:4;	signed:1;
)";

constexpr const char *kSwitch = R"(	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
	field:int prev_prio;	offset:28;	size:4;	signed:1;
	field:long prev_state;	offset:32;	size:8;	signed:1;
	field:char next_comm[16];	offset:40;	size:16;	signed:0;
	field:pid_t next_pid;	offset:56;	size:4;	signed:1;
	field:int next_prio;	offset:60;	size:4;	signed:1;
)";

constexpr const char *kRawEnter = R"(	field:long id;	offset:8;	size:8;	signed:1;
	field:unsigned long args[6];	offset:16;	size:48;	signed:0;
)";

Field field(std::string name, Type type, uint32_t offset) {
  Field made;
  made.name = std::move(name);
  made.type = std::move(type);
  made.offset = offset;
  return made;
}

Field bitfield(std::string name, uint32_t offset, uint32_t bit_offset, uint32_t bit_width) {
  Field made = field(std::move(name), Type::integer(32, false), offset);
  made.bit_offset = bit_offset;
  made.bit_width = bit_width;
  return made;
}

Type structure(std::string name, uint32_t size, std::vector<Field> fields, bool is_union = false) {
  return Type::structure(name, std::make_shared<StructLayout>(StructLayout{name, size, is_union, std::move(fields)}));
}

// As BTF gives members and pointees: by name and size alone.
Type named(std::string name, uint32_t size) {
  Type type = Type::structure(std::move(name));
  type.size = size;
  return type;
}

Type kernel_pointer(Type pointee) { return Type::pointer(std::move(pointee), AddressSpace::Kernel); }

Type task_struct() {
  Type int32 = Type::integer(32, true), uint32 = Type::integer(32, false);
  Type anonymous = structure("", 8, {field("seq", uint32, 0), field("weight", uint32, 4)}, false);
  return structure("task_struct", 256,
                   {field("__state", uint32, 0), field("flags", uint32, 4), field("pid", int32, 8),
                    field("tgid", int32, 12), field("start_time", Type::uint64(), 16),
                    field("real_parent", kernel_pointer(named("task_struct", 256)), 24),
                    field("group_leader", kernel_pointer(named("task_struct", 256)), 32),
                    field("mm", kernel_pointer(named("mm_struct", 64)), 40),
                    field("comm", Type::array(Type::integer(8, true), 16), 48), bitfield("in_execve", 64, 0, 1),
                    bitfield("in_iowait", 64, 1, 1), bitfield("depth", 64, 4, 12), field("", anonymous, 72),
                    field("f_path", named("path", 16), 80), field("cpus", Type::array(uint32, 4), 96)});
}

std::vector<Type> default_types() {
  Type chars = kernel_pointer(Type::integer(8, true));
  Type uint32 = Type::integer(32, false);
  return {
      task_struct(),
      structure("mm_struct", 64,
                {field("mmap_base", Type::uint64(), 0), field("total_vm", Type::uint64(), 8),
                 field("map_count", Type::integer(32, true), 16)}),
      structure(
          "file", 64,
          {field("f_flags", uint32, 0), field("f_path", named("path", 16), 16), field("f_pos", Type::int64(), 32)}),
      structure("path", 16,
                {field("mnt", kernel_pointer(named("vfsmount", 32)), 0),
                 field("dentry", kernel_pointer(named("dentry", 128)), 8)}),
      structure("dentry", 128,
                {field("d_parent", kernel_pointer(named("dentry", 128)), 0), field("d_name", named("qstr", 16), 32),
                 field("d_iname", Type::array(Type::integer(8, false), 40), 56)}),
      structure("ethhdr", 14,
                {field("h_dest", Type::array(Type::integer(8, false), 6), 0),
                 field("h_source", Type::array(Type::integer(8, false), 6), 6),
                 field("h_proto", Type::integer(16, false), 12)}),
      structure("qstr", 16, {field("hash", uint32, 0), field("len", uint32, 4), field("name", chars, 8)}),
      Type::enumeration("pid_type", 32, false,
                        {{"PIDTYPE_PID", 0}, {"PIDTYPE_TGID", 1}, {"PIDTYPE_PGID", 2}, {"PIDTYPE_SID", 3}}),
      Type::enumeration("", 32, false, {{"TCP_ESTABLISHED", 1}, {"TCP_LISTEN", 10}}),
  };
}

}  // namespace

FakeKernel::FakeKernel() {
  add_tracepoint("syscalls", "sys_enter_openat", kEnterOpenat);
  add_tracepoint("syscalls", "sys_exit_openat", kExitOpenat);
  add_tracepoint("syscalls", "sys_enter_open", kEnterOpen);
  add_tracepoint("syscalls", "sys_enter_nanosleep", kEnterNanosleep);
  add_tracepoint("sched", "sched_process_exec", kProcessExec);
  add_tracepoint("sched", "sched_switch", kSwitch);
  add_tracepoint("raw_syscalls", "sys_enter", kRawEnter);
  uint64_t address = 0xffffffff81000000;
  for (const char *name : {"vfs_read", "vfs_write", "vfs_open", "do_nanosleep"})
    add_function(name, "", address += 0x1000);
  add_function("nft_do_chain", "nf_tables", 0xffffffffc0001000);
  for (Type &type : default_types())
    add_type(std::move(type));
}

void FakeKernel::add_tracepoint(const std::string &category, const std::string &event, const std::string &format) {
  std::string text = format;
  if (format.find("\nID:") == std::string::npos)
    text = "name: " + event + "\nID: " + std::to_string(100 + tracepoints_.size()) + kCommon + format;
  auto parsed = parse_tracepoint_format(category, event, text);
  assert(parsed);
  tracepoints_.insert_or_assign({category, event}, std::move(*parsed));
}

void FakeKernel::add_function(std::string name, std::string module, uint64_t address) {
  if (address)
    addresses_[name] = address;
  functions_.insert({std::move(name), std::move(module)});
}

void FakeKernel::add_type(Type type) {
  std::string name = type.name;
  types_.insert_or_assign(std::move(name), std::move(type));
}

void FakeKernel::set_cpus(std::vector<uint32_t> online, uint32_t possible) {
  online_cpus_ = std::move(online);
  possible_cpus_ = possible;
}

Result<std::string> FakeKernel::tracefs() {
  if (tracefs_error_)
    return *tracefs_error_;
  return std::string("/sys/kernel/tracing");
}

Result<std::vector<TracepointName>> FakeKernel::tracepoints(std::string_view category, std::string_view event) {
  if (tracefs_error_)
    return *tracefs_error_;
  std::vector<TracepointName> names;
  for (const auto &[name, format] : tracepoints_)
    if (matches_glob(category, name.first) && matches_glob(event, name.second))
      names.push_back({name.first, name.second});
  return names;
}

Result<TracepointFormat> FakeKernel::tracepoint_format(const std::string &category, const std::string &event) {
  if (tracefs_error_)
    return *tracefs_error_;
  auto found = tracepoints_.find({category, event});
  if (found == tracepoints_.end())
    return Error{"read the format of tracepoint", category + ":" + event, "there is no such tracepoint", {}};
  return found->second;
}

Result<std::vector<KernelFunction>> FakeKernel::functions(std::string_view module, std::string_view name) {
  std::vector<KernelFunction> matching;
  for (const OwnedFunction &owned : functions_) {
    KernelFunction function{owned.name, owned.module};
    if (matches_glob(name, function.name) && (module.empty() || matches_glob(module, function.module_name())))
      matching.push_back(function);
  }
  return matching;
}

std::optional<uint64_t> FakeKernel::symbol_address(const std::string &name) {
  auto found = addresses_.find(name);
  return found == addresses_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<Type>> FakeKernel::type(const std::string &name) {
  if (type_error_)
    return *type_error_;
  std::string_view bare = name;
  for (std::string_view prefix : {"struct ", "union ", "enum "})
    if (bare.starts_with(prefix))
      bare.remove_prefix(prefix.size());
  auto found = types_.find(std::string(bare));
  return found == types_.end() ? std::optional<Type>() : std::optional<Type>(found->second);
}

Result<std::optional<Type>> FakeKernel::enum_with(const std::string &enumerator) {
  if (type_error_)
    return *type_error_;
  for (const auto &[name, type] : types_)
    if (type.enumerators)
      for (const Enumerator &known : *type.enumerators)
        if (known.name == enumerator)
          return std::optional<Type>(type);
  return std::optional<Type>();
}

namespace {

std::vector<std::string> matching_keys(const std::map<std::string, Prototype> &table, std::string_view glob) {
  std::vector<std::string> names;
  for (const auto &[name, prototype] : table)
    if (matches_glob(glob, name))
      names.push_back(name);
  return names;
}

std::optional<Prototype> find(const std::map<std::string, Prototype> &table, const std::string &name) {
  auto found = table.find(name);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Result<std::vector<KernelFunction>> FakeKernel::typed_functions(std::string_view module, std::string_view name) {
  std::vector<KernelFunction> matching;
  for (const auto &[function, prototype] : function_types_)
    if (matches_glob(name, function) && (module.empty() || matches_glob(module, "vmlinux")))
      matching.push_back({function, {}});
  return matching;
}

Result<std::vector<std::string>> FakeKernel::iterators(std::string_view glob) {
  std::vector<std::string> names;
  for (const std::string &name : iterators_)
    if (matches_glob(glob, name))
      names.push_back(name);
  return names;
}

Result<std::vector<std::string>> FakeKernel::type_names(std::string_view glob) {
  std::vector<std::string> names;
  for (const auto &[name, type] : types_)
    if (std::string spelt = (type.kind == TypeKind::Enum ? "enum " : "struct ") + name; matches_glob(glob, spelt))
      names.push_back(spelt);
  return names;
}

Result<std::vector<std::string>> FakeKernel::raw_tracepoints(std::string_view glob) {
  return matching_keys(raw_tracepoint_types_, glob);
}

Result<std::optional<Prototype>> FakeKernel::function_prototype(const KernelFunction &function) {
  return function.module.empty() ? find(function_types_, std::string(function.name)) : std::nullopt;
}

Result<std::optional<Prototype>> FakeKernel::raw_tracepoint_prototype(const std::string &event) {
  return find(raw_tracepoint_types_, event);
}

}  // namespace sonde::kernel
