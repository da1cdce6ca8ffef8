// Opens, adjusts and loads the object through libbpf.
#include "runtime/loader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "runtime/clock.h"
#include "runtime/libbpf_log.h"
#include "runtime/load_error.h"
#include "runtime/own_frames.h"

namespace sonde::runtime {
namespace {

// Holds 20 ms of records at 200 MB/s, the most that a reader on another CPU keeps up with, in case
// that reader is not scheduled for a while. Creating 16 MiB would cost 4 ms more at every start.
constexpr uint64_t kDefaultRingSize = 4 << 20;
// Thousands of control records, which come seldom and are small.
constexpr uint64_t kControlRingSize = 256 * 1024;

// Kernels before 5.11 count BPF memory against this limit; later ones ignore it.
void raise_memory_limit() {
  rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

// Most attachments take a descriptor each. The command of -c was started before, with the limit as it was.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

uint64_t ring_size_for(const image::ProgramImage &image) {
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  // The kernel wants a power of two.
  return image.config.perf_rb_pages > 0 ? std::bit_ceil(image.config.perf_rb_pages * page) : kDefaultRingSize;
}

uint64_t parameter_value(image::ParameterKind kind, const RunOptions &options) {
  switch (kind) {
  case image::ParameterKind::StartNs: return boot_time_ns();
  case image::ParameterKind::TaiNs: return tai_ahead_of_boot_ns();
  case image::ParameterKind::WallNs: return static_cast<uint64_t>(Clock::running().boot_epoch_ns);
  case image::ParameterKind::ChildPid: return options.child ? static_cast<uint64_t>(options.child->pid()) : 0;
  case image::ParameterKind::TracedPid: return options.pids.empty() ? 0 : static_cast<uint64_t>(options.pids.front());
  case image::ParameterKind::OwnFrames: return count_own_frames();
  }
  return 0;
}

Result<void> set_parameters(bpf_object *object, const image::ProgramImage &image, const RunOptions &options) {
  if (image.parameters.empty())
    return {};
  bpf_map *map = bpf_object__find_map_by_name(object, image::kParametersSection);
  size_t size = 0;
  void *values = map ? bpf_map__initial_value(map, &size) : nullptr;
  if (!values || size < image.parameters.size() * sizeof(uint64_t))
    return Error{"load", "the BPF object", "its section for parameters is missing or too small", {}, 0};
  for (size_t i = 0; i < image.parameters.size(); ++i) {
    uint64_t value = parameter_value(image.parameters[i], options);
    std::memcpy(static_cast<uint8_t *>(values) + i * sizeof value, &value, sizeof value);
  }
  return {};
}

Result<void> prepare_programs(const LoadedObject &object, const image::ProgramImage &image, kernel::Kernel &kernel,
                              const RunOptions &options) {
  for (const image::ProgramSpec &spec : image.programs) {
    bpf_program *program = object.program(spec.function);
    if (!program)
      return Error{"load", "the BPF object", fmt::format("it has no program '{}'", spec.function), {}, 0};
    probes::provider(spec.provider).prepare(program, spec, attach_options(kernel, options));
  }
  return {};
}

// A log per program, for -vv: libbpf would give one only of the program that fails.
std::vector<std::string> ask_for_logs(bpf_object *object, size_t size) {
  std::vector<std::string> logs;
  bpf_program *program = nullptr;
  bpf_object__for_each_program(program, object) logs.emplace_back(size, '\0');
  size_t index = 0;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_log_level(program, 1);
    bpf_program__set_log_buf(program, logs[index].data(), size);
    ++index;
  }
  return logs;
}

void print_logs(bpf_object *object, const std::vector<std::string> &logs) {
  size_t index = 0;
  bpf_program *program = nullptr;
  bpf_object__for_each_program(program, object) {
    fmt::print(stderr, "verifier log of {}:\n{}\n", bpf_program__name(program), logs[index].c_str());
    ++index;
  }
}

void print_programs(const LoadedObject &object, const image::ProgramImage &image) {
  for (const image::ProgramSpec &spec : image.programs) {
    if (spec.provider == image::ProviderKind::KretprobeSession)
      continue;  // of the program of the entry
    fmt::print(stderr, "loaded {} ({}): {} instructions, {} target{}\n", spec.function,
               bpf_program__section_name(object.program(spec.function)),
               bpf_program__insn_cnt(object.program(spec.function)), spec.targets.size(),
               spec.targets.size() == 1 ? "" : "s");
  }
}

}  // namespace

probes::AttachOptions attach_options(kernel::Kernel &kernel, const RunOptions &options) {
  probes::AttachOptions for_probes{kernel, options.pids, {}, options.follow};
  if (options.child)
    for_probes.child = options.child->pid();
  return for_probes;
}

LoadedObject::~LoadedObject() {
  if (losses_)
    munmap(losses_, losses_size_);
  bpf_object__close(object_);
}

bpf_program *LoadedObject::program(const std::string &function) const {
  return bpf_object__find_program_by_name(object_, function.c_str());
}

int LoadedObject::map_fd(const std::string &name) const {
  int fd = bpf_object__find_map_fd_by_name(object_, name.c_str());
  return fd < 0 ? -1 : fd;
}

uint64_t LoadedObject::ring_size(const std::string &name) const {
  bpf_map *map = bpf_object__find_map_by_name(object_, name.c_str());
  return map ? bpf_map__max_entries(map) : 0;
}

Result<void> LoadedObject::map_losses() {
  bpf_map *map = bpf_object__find_map_by_name(object_, image::kLossesSection);
  if (!map)
    return {};
  losses_size_ = bpf_map__value_size(map);
  void *words = mmap(nullptr, losses_size_, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
  if (words == MAP_FAILED)
    return Error::from_errno("map", "the counters of losses", errno);
  losses_ = words;
  return {};
}

Result<std::unique_ptr<LoadedObject>> load_object(const image::ProgramImage &image, kernel::Kernel &kernel,
                                                  const RunOptions &options) {
  raise_memory_limit();
  raise_descriptor_limit();
  LibbpfLog log(options.verbosity >= 2);
  // Never touched, and so never resident, unless a program is refused.
  std::unique_ptr<char[]> verifier_log(new char[image.config.log_size]);
  verifier_log[0] = '\0';

  bpf_object_open_opts open_options{};
  open_options.sz = sizeof open_options;
  open_options.object_name = "sonde";
  open_options.kernel_log_buf = verifier_log.get();
  open_options.kernel_log_size = image.config.log_size;
  bpf_object *opened = bpf_object__open_mem(image.object.data(), image.object.size(), &open_options);
  if (!opened)
    return Error::from_errno("open", "the BPF object", errno, std::string(log.text()));
  auto object = std::make_unique<LoadedObject>(opened);

  if (bpf_map *ring = bpf_object__find_map_by_name(opened, image::kRingBufferMap))
    bpf_map__set_max_entries(ring, static_cast<uint32_t>(ring_size_for(image)));
  if (bpf_map *ring = bpf_object__find_map_by_name(opened, image::kControlRingMap))
    bpf_map__set_max_entries(ring, kControlRingSize);
  if (bpf_map *scratch = bpf_object__find_map_by_name(opened, image::kScratchMap))
    bpf_map__set_max_entries(scratch, image::kScratchLevels * kernel.possible_cpu_count());
  if (auto done = set_parameters(opened, image, options); !done)
    return done.error();
  if (auto done = prepare_programs(*object, image, kernel, options); !done)
    return done.error();

  std::vector<std::string> logs;
  if (options.verbosity >= 2)
    logs = ask_for_logs(opened, image.config.log_size);
  int status = bpf_object__load(opened);
  if (options.verbosity >= 2)
    print_logs(opened, logs);
  if (status != 0)
    return explain_load_failure(image, -status, log.text(), verifier_log.get(), kernel::own_rights());
  if (auto done = object->map_losses(); !done)
    return done.error();
  if (options.verbosity >= 1)
    print_programs(*object, image);
  return object;
}

}  // namespace sonde::runtime
