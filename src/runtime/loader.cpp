// Opens, adjusts and loads the object through libbpf.
#include "runtime/loader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "runtime/create_arrays.h"
#include "runtime/fill_in.h"
#include "runtime/libbpf_log.h"
#include "runtime/load_error.h"

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

// Programs for other machines name the maps of every scope, and go without those that the run does not need.
void leave_out_scope_maps(bpf_object *object, const image::ProgramImage &image, kernel::Kernel &kernel) {
  bool is_followed = image.scope.processes == image::ProcessScope::Followed;
  bool is_listed = image.scope.processes == image::ProcessScope::Listed || (is_followed && kernel.pid_namespace());
  const std::pair<const char *, bool> maps[] = {{image::kListedPidsMap, is_listed},
                                                {image::kFollowedPidsMap, is_followed},
                                                {image::kScopeCgroupMap, image.scope.is_cgroup}};
  for (const auto &[name, is_needed] : maps)
    if (bpf_map *map = bpf_object__find_map_by_name(object, name); map && !is_needed)
      bpf_map__set_autocreate(map, false);
}

Result<void> prepare_programs(const LoadedObject &object, const image::ProgramImage &image, kernel::Kernel &kernel,
                              const RunOptions &options) {
  for (const image::ProgramSpec &spec : image.programs) {
    bpf_program *program = object.program(spec.function);
    if (!program)
      return Error{"load", "the BPF object", fmt::format("it has no program '{}'", spec.function), {}, 0};
    if (image.scope.is_cgroup && std::string_view(bpf_program__section_name(program)).ends_with(".s"))
      return Error{"limit", spec.targets.empty() ? spec.function : spec.targets.front().name,
                   "programs that wait for memory that is not resident cannot ask for the cgroup",
                   "sonde build --target-kernel 5.10 makes one that does not wait", 0};
    // Built for other machines; this one has nothing for it to serve.
    if (spec.targets.empty())
      bpf_program__set_autoload(program, false);
    else
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
    // Of the program of the entry; or with nothing to serve, and not loaded.
    if (spec.provider == image::ProviderKind::KretprobeSession || spec.targets.empty())
      continue;
    fmt::print(stderr, "loaded {} ({}): {} instructions, {} target{}\n", spec.function,
               bpf_program__section_name(object.program(spec.function)),
               bpf_program__insn_cnt(object.program(spec.function)), spec.targets.size(),
               spec.targets.size() == 1 ? "" : "s");
  }
}

}  // namespace

probes::AttachOptions attach_options(kernel::Kernel &kernel, const RunOptions &options) {
  probes::AttachOptions for_probes{kernel, options.pids, {}, options.follow};
  for_probes.is_trial = options.dry_run;
  if (options.child)
    for_probes.child = options.child->pid();
  return for_probes;
}

LoadedObject::~LoadedObject() { bpf_object__close(object_); }

bpf_program *LoadedObject::program(const std::string &function) const {
  return bpf_object__find_program_by_name(object_, function.c_str());
}

int LoadedObject::map_fd(const std::string &name) const {
  bpf_map *map = bpf_object__find_map_by_name(object_, name.c_str());
  // One that was left out has a descriptor of something else.
  return map && bpf_map__autocreate(map) ? std::max(bpf_map__fd(map), -1) : -1;
}

uint64_t LoadedObject::ring_size(const std::string &name) const {
  bpf_map *map = bpf_object__find_map_by_name(object_, name.c_str());
  return map ? bpf_map__max_entries(map) : 0;
}

Result<MappedMemory> LoadedObject::map_section(const std::string &section, MappedMemory::Access access,
                                               std::string_view what) {
  bpf_map *map = bpf_object__find_map_by_name(object_, section.c_str());
  if (!map)
    return MappedMemory();
  return MappedMemory::open(bpf_map__fd(map), bpf_map__value_size(map), access, what);
}

Result<void> LoadedObject::map_memory(const image::ProgramImage &image) {
  auto losses = map_section(image::kLossesSection, MappedMemory::Access::Read, "the counters of losses");
  if (!losses)
    return losses.error();
  losses_ = losses.take();
  memory_.resize(image.maps.size());
  for (size_t i = 0; i < image.maps.size(); ++i) {
    const image::MapSpec &map = image.maps[i];
    std::string section = array_section(map);
    if (section.empty())
      continue;
    auto memory = map_section(section, MappedMemory::Access::ReadWrite, map.name);
    if (!memory)
      return memory.error();
    memory_[i] = memory.take();
  }
  return {};
}

Result<std::unique_ptr<LoadedObject>> load_object(const image::ProgramImage &image, const SmallBtf &types,
                                                  kernel::Kernel &kernel, const RunOptions &options) {
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
  SmallBtf::File types_file;
  if (auto written = types_file.write(types); !written)
    return written.error();
  open_options.btf_custom_path = types_file.path();
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
  leave_out_scope_maps(opened, image, kernel);
  if (auto done = create_arrays(opened, image); !done)
    return done.error();
  if (auto done = fill_in(opened, image, kernel, options); !done)
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
  if (auto done = object->map_memory(image); !done)
    return done.error();
  if (options.verbosity >= 1)
    print_programs(*object, image);
  return object;
}

}  // namespace sonde::runtime
