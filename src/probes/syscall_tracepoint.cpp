// tracepoint:syscalls:sys_enter_* and sys_exit_*, however many, by one raw tracepoint each: the program compares
// the system call's number.
#include "probes/syscall_tracepoint.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>

#include "kernel/type_shape.h"
#include "probes/links.h"
#include "probes/provider_rows.h"
#include "probes/served_tracepoint.h"

namespace sonde::probes {
namespace {

// Where architectures note that a task is in a 32-bit system call (asm/thread_info.h). By Arch.
struct CompatNote {
  const char *field;
  uint64_t mask;
};
constexpr CompatNote kCompatNotes[] = {{"status", 2},        // TS_COMPAT
                                       {"flags", 1 << 22}};  // TIF_32BIT
constexpr const CompatNote &compat_note(Arch arch) { return kCompatNotes[static_cast<size_t>(arch)]; }

// The fields of the record that registers hold too: the number, and one slot of 8 bytes for each argument or the
// result. What else the kernel adds (copies of strings, from 7.0 on) exists in the record only.
StructLayout fields_in_registers(const StructLayout &record) {
  StructLayout layout = record;
  constexpr uint32_t kRecordEnd = 16 + 6 * 8;  // header and number, then at most six slots
  std::erase_if(layout.fields, [](const Field &field) {
    return field.is_data_loc || field.type.size > 8 || field.offset % 8 != 0 || field.offset >= kRecordEnd;
  });
  return layout;
}

class SyscallProvider : public ServedTracepointProvider {
public:
  explicit SyscallProvider(bool is_exit) : is_exit_(is_exit) {}

  image::ProviderKind kind() const override {
    return is_exit_ ? image::ProviderKind::SyscallExit : image::ProviderKind::SyscallEnter;
  }
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    auto context = tracepoint_provider().context(target, kernel);
    if (!context)
      return context;
    context->kind = is_exit_ ? ContextKind::SyscallExit : ContextKind::SyscallEnter;
    context->syscalls = find_compat_test(kernel);
    auto layout = std::make_shared<const StructLayout>(fields_in_registers(*context->args->layout));
    context->args = Type::structure(layout->name, layout);
    return context;
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    bpf_link *link = bpf_program__attach_raw_tracepoint(program, is_exit_ ? "sys_exit" : "sys_enter");
    if (link)
      return own_link(link);
    // One refusal stands for every target.
    auto refuse = [error_number = errno](const image::Target &target) -> Result<Attachments> {
      return attach_error(target.name, error_number,
                          {{ENOENT, "this kernel was built without it (CONFIG_FTRACE_SYSCALLS)", ""}});
    };
    return attach_each(spec.targets, refuse, options);
  }

private:
  bool is_exit_;
};

}  // namespace

std::vector<std::string> compat_test_way(Arch arch) { return {"thread_info", compat_note(arch).field}; }

std::optional<CompatTest> find_compat_test(kernel::Kernel &kernel) {
  auto field =
      kernel::find_field("task_struct", fmt::format("{}", fmt::join(compat_test_way(kernel.arch()), ".")), kernel);
  if (!field || !field->type.is_integer())
    return std::nullopt;
  return CompatTest{field->offset, field->type.size, compat_note(kernel.arch()).mask};
}

const Provider &syscall_enter_provider() {
  static const SyscallProvider row(false);
  return row;
}

const Provider &syscall_exit_provider() {
  static const SyscallProvider row(true);
  return row;
}

}  // namespace sonde::probes
