#include "driver/describe_system.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "codegen/generate.h"
#include "kernel/features.h"
#include "kernel/rights.h"
#include "probes/provider.h"
#include "runtime/libbpf_log.h"

namespace sonde::driver {
namespace {

std::string_view answer(bool yes) { return yes ? "yes" : "no"; }

std::string line(std::string_view name, std::string_view says) { return fmt::format("  {}: {}\n", name, says); }

std::string describe_machine(kernel::Kernel &kernel) {
  utsname names{};
  uname(&names);
  const kernel::Rights &rights = kernel::own_rights();
  auto tracefs = kernel.tracefs();
  auto task = kernel.type("task_struct");
  return "System\n" + line("kernel", fmt::format("{} {} {}", names.sysname, names.release, names.version)) +
         line("architecture", names.machine) +
         line("CPUs", fmt::format("{} of {}", kernel.online_cpus().size(), kernel.possible_cpu_count())) +
         line("may load programs", answer(rights.loads_programs)) +
         line("lockdown", rights.lockdown.empty() ? "none" : rights.lockdown) +
         line("tracefs", tracefs ? *tracefs : "no: " + tracefs.error().cause) +
         line("types of the kernel (BTF)", task ? answer(task->has_value()) : "no: " + task.error().cause);
}

}  // namespace

std::string describe_system(kernel::Kernel &kernel) {
  std::string text = describe_machine(kernel);
  text += "\nBuild\n" + line("sonde", SONDE_VERSION) + line("LLVM", codegen::llvm_version()) +
          line("libbpf", runtime::libbpf_version());
  text += "\nFeatures of the kernel (--no-feature does without one)\n";
  for (const kernel::FeatureName &row : kernel::feature_names())
    text += line(row.name, answer(kernel.has(row.feature)));
  text += "\nProbes\n";
  for (const probes::Provider *provider : probes::providers()) {
    std::string_view lack = provider->lack(kernel);
    text += line(provider->name(), lack.empty() ? std::string(answer(true)) : fmt::format("no: {}", lack));
  }
  return text;
}

}  // namespace sonde::driver
