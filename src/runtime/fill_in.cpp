#include "runtime/fill_in.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "kernel/type_shape.h"
#include "runtime/clock.h"
#include "runtime/own_frames.h"

namespace sonde::runtime {
namespace {

// The inode of its folder.
Result<uint64_t> cgroup_id(const std::string &folder) {
  struct stat about {};
  if (stat(folder.c_str(), &about) != 0)
    return Error::from_errno("find cgroup", folder, errno);
  return uint64_t{about.st_ino};
}

Result<uint64_t> type_size(const std::string &name, kernel::Kernel &kernel) {
  auto type = kernel.type(name);
  if (!type)
    return type.error();
  // Where it matters, settling has refused it.
  return uint64_t{*type ? (*type)->size : 0};
}

bool exists(const std::string &function, kernel::Kernel &kernel) {
  auto found = kernel.function_prototype({function, {}});
  return found && found->has_value();
}

// "SECTION FUNCTION"
bool is_allowed(const std::string &call, kernel::Kernel &kernel) {
  size_t space = call.find(' ');
  return kernel.programs_may_call(call.substr(space + 1), call.substr(0, space));
}

// "" when it was not given.
std::string positional_text(const std::string &number, const RunOptions &options) {
  auto index = static_cast<size_t>(image::parse_number(number).value_or(0));
  return index >= 1 && index <= options.positional.size() ? options.positional[index - 1] : "";
}

Result<uint64_t> positional_number(const std::string &number, const RunOptions &options) {
  std::string text = positional_text(number, options);
  if (text.empty())
    return uint64_t{0};
  if (std::optional<int64_t> value = image::parse_number(text))
    return static_cast<uint64_t>(*value);
  return Error{"take", "$" + number, fmt::format("the script needs a number there, not '{}'", text), {}, 0};
}

image::ScriptOption option_value(const std::string &name, const RunOptions &options) {
  for (const image::ScriptOption &option : options.script_options)
    if (option.name == name)
      return option;
  return {};
}

// The initial bytes of a section's map.
Result<uint8_t *> section(bpf_object *object, const char *name, size_t needed) {
  bpf_map *map = bpf_object__find_map_by_name(object, name);
  size_t size = 0;
  void *bytes = map ? bpf_map__initial_value(map, &size) : nullptr;
  if (!bytes || size < needed)
    return Error{"load", "the BPF object", fmt::format("its section {} is missing or too small", name), {}, 0};
  return static_cast<uint8_t *>(bytes);
}

Result<void> fill_in_texts(bpf_object *object, const image::ProgramImage &image, const RunOptions &options) {
  if (image.texts.empty())
    return {};
  auto begin = section(object, image::kTextsSection, image.texts.size() * image::kTextBytes);
  if (!begin)
    return begin.error();
  uint8_t *bytes = *begin;
  for (const image::Parameter &text : image.texts) {
    bool is_option = text.kind == image::ParameterKind::Option;
    std::string value = is_option ? option_value(text.name, options).text : positional_text(text.name, options);
    if (value.size() >= image::kTextBytes)
      return Error{"take", (is_option ? "--" : "$") + text.name,
                   fmt::format("texts have at most {} bytes here", image::kTextBytes - 1),
                   "one that is given when the script is built may be longer", 0};
    std::memcpy(bytes, value.c_str(), value.size() + 1);
    bytes += image::kTextBytes;
  }
  return {};
}

Result<uint64_t> parameter_value(const image::Parameter &parameter, kernel::Kernel &kernel, const RunOptions &options) {
  switch (parameter.kind) {
  case image::ParameterKind::StartNs: return boot_time_ns();
  case image::ParameterKind::TaiNs: return tai_ahead_of_boot_ns();
  case image::ParameterKind::WallNs: return static_cast<uint64_t>(Clock::running().boot_epoch_ns);
  case image::ParameterKind::ChildPid: return options.child ? static_cast<uint64_t>(options.child->pid()) : 0;
  case image::ParameterKind::TracedPid: return options.pids.empty() ? 0 : static_cast<uint64_t>(options.pids.front());
  case image::ParameterKind::CpuCount: return kernel.possible_cpu_count();
  case image::ParameterKind::KernelSymbol:
    // Where it matters, settling has refused it.
    return kernel.symbol_address(parameter.name).value_or(0);
  case image::ParameterKind::CgroupId: return cgroup_id(parameter.name);
  case image::ParameterKind::TypeSize: return type_size(parameter.name, kernel);
  case image::ParameterKind::PidNamespaceDevice: return kernel.pid_namespace().value_or(kernel::PidNamespace{}).device;
  case image::ParameterKind::PidNamespaceInode: return kernel.pid_namespace().value_or(kernel::PidNamespace{}).inode;
  case image::ParameterKind::ScopeProcesses: return static_cast<uint64_t>(options.scope().processes);
  case image::ParameterKind::ScopeCgroup: return uint64_t{options.scope().is_cgroup};
  case image::ParameterKind::Positional: return positional_number(parameter.name, options);
  case image::ParameterKind::PositionalCount: return uint64_t{options.positional.size()};
  case image::ParameterKind::Option: return static_cast<uint64_t>(option_value(parameter.name, options).number);
  case image::ParameterKind::FunctionExists: return uint64_t{exists(parameter.name, kernel)};
  case image::ParameterKind::HasFunction: return uint64_t{kernel::has_function(parameter.name, kernel)};
  case image::ParameterKind::HasTypedef: return uint64_t{kernel::has_type(parameter.name, kernel)};
  case image::ParameterKind::FunctionAllowed: return uint64_t{is_allowed(parameter.name, kernel)};
  case image::ParameterKind::OwnFrames: return uint64_t{count_own_frames()};
  }
  return 0;
}

Result<void> fill_in_parameters(bpf_object *object, const image::ProgramImage &image, kernel::Kernel &kernel,
                                const RunOptions &options) {
  if (image.parameters.empty())
    return {};
  auto words = section(object, image::kParametersSection, image.parameters.size() * sizeof(uint64_t));
  if (!words)
    return words.error();
  for (size_t i = 0; i < image.parameters.size(); ++i) {
    Result<uint64_t> value = parameter_value(image.parameters[i], kernel, options);
    if (!value)
      return value.error();
    std::memcpy(*words + i * sizeof *value, &*value, sizeof *value);
  }
  return {};
}

// Where the targets were not known when the programs were made.
Result<void> fill_in_syscalls(bpf_object *object, const image::ProgramSpec &spec) {
  if (!spec.syscall_table || spec.targets.empty())
    return {};
  constexpr size_t kBytes = image::kSyscallTableEntries * sizeof(uint32_t);
  auto bytes = section(object, image::kSyscallsSection, *spec.syscall_table + kBytes);
  if (!bytes)
    return bytes.error();
  std::array<uint32_t, image::kSyscallTableEntries> table{};
  for (const image::Target &target : spec.targets)
    if (target.syscall && *target.syscall < table.size() - 1)
      table[*target.syscall] = static_cast<uint32_t>(target.name_index + 1);
  std::memcpy(*bytes + *spec.syscall_table, table.data(), kBytes);
  return {};
}

}  // namespace

Result<void> fill_in(bpf_object *object, const image::ProgramImage &image, kernel::Kernel &kernel,
                     const RunOptions &options) {
  if (auto done = fill_in_parameters(object, image, kernel, options); !done)
    return done;
  for (const image::ProgramSpec &spec : image.programs)
    if (auto done = fill_in_syscalls(object, spec); !done)
      return done;
  return fill_in_texts(object, image, options);
}

}  // namespace sonde::runtime
