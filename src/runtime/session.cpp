// Runs a loaded script.
#include "runtime/session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "runtime/format_json.h"
#include "runtime/kernel_maps.h"

namespace sonde::runtime {
namespace {

// While records keep coming, the reader rests this long between drains: long enough to read many at
// once, short enough for no one to notice, and far less than a full ring buffer's worth.
constexpr timespec kRest{0, 300'000};
// How long a program may take between reserving and submitting its record when all is over.
constexpr int kMaxRestsAtEnd = 300;

std::vector<int> map_fds(const image::ProgramImage &image, const LoadedObject &object) {
  std::vector<int> fds;
  for (const image::MapSpec &map : image.maps)
    fds.push_back(object.map_fd(map.bpf_name));
  return fds;
}

bool names_user_code(const Type &type) {
  if (type.kind == TypeKind::UserSymbol || type.kind == TypeKind::UserStack)
    return true;
  if (type.kind != TypeKind::Tuple)
    return false;
  return std::any_of(type.layout->fields.begin(), type.layout->fields.end(),
                     [](const Field &field) { return names_user_code(field.type); });
}

// Whether anything that this script prints may be a place in a process.
bool names_user_code(const image::ProgramImage &image) {
  for (const image::MapSpec &map : image.maps)
    if (names_user_code(map.key) || names_user_code(map.value))
      return true;
  for (const image::EventSpec &event : image.events)
    for (const image::EventField &field : event.fields)
      if (names_user_code(field.type))
        return true;
  return false;
}

size_t count_targets(const image::ProgramImage &image) {
  size_t count = 0;
  for (const image::ProgramSpec &program : image.programs)
    count += std::max<size_t>(program.targets.size(), 1);
  return count;
}

}  // namespace

Session::Session(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
                 const LoadedObject &object, Signals &signals)
    : image_(image), kernel_(kernel), options_(options), object_(object), signals_(signals),
      output_(options.output_fd, &signals),
      maps_(open_kernel_maps(image, map_fds(image, object), kernel.possible_cpu_count())),
      symbols_(open_symbols(image.config.cpp_demangle)),
      stacks_(open_kernel_stacks([&object](const std::string &name) { return object.map_fd(name); })),
      around_{image, *symbols_, Clock::running(), *stacks_}, state_{image, output_, *maps_,      around_,
                                                                    {},    {},      options.json},
      lost_("event", object.map_fd(image::kLostEventsMap), static_cast<uint32_t>(image.programs.size()),
            kernel.possible_cpu_count()),
      lost_stacks_("stack", object.map_fd(image::kLostStacksMap), 1, kernel.possible_cpu_count()) {}

Session::~Session() {
  if (traced_pidfd_ >= 0)
    close(traced_pidfd_);
}

Result<std::unique_ptr<Session>> Session::open(const image::ProgramImage &image, kernel::Kernel &kernel,
                                               const RunOptions &options, const LoadedObject &object,
                                               Signals &signals) {
  std::unique_ptr<Session> session(new Session(image, kernel, options, object, signals));
  session->keeps_up_ = names_user_code(image);
  if (session->keeps_up_)
    session->symbols_->keep_up();
  auto formats = parse_formats(image);
  if (!formats)
    return formats.error();
  session->state_.formats = formats.take();
  if (uint64_t size = object.ring_size()) {
    auto ring = RingReader::open(object.map_fd(image::kRingBufferMap), size);
    if (!ring)
      return ring.error();
    session->ring_ = ring.take();
  }
  if (options.pid) {
    session->traced_pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, *options.pid, 0));
    if (session->traced_pidfd_ < 0)
      return Error::from_errno("watch", fmt::format("process {}", *options.pid), errno);
  }
  return session;
}

Result<RunResult> Session::run() {
  if (auto done = run_programs(image::ProviderKind::Begin); !done)
    return done.error();
  if (ring_)
    drain_completely(ring_->producer_position());
  output_.flush();
  if (!is_over())
    if (auto done = attach(); !done)
      return done.error();
  announce();
  if (!is_over() && options_.child)
    if (auto done = options_.child->resume(); !done)
      return done.error();
  follow();
  return finish();
}

Result<RunResult> Session::attach_only() {
  if (auto done = attach(); !done)
    return done.error();
  announce();
  attachments_.detach();
  auto signal = signals_.received();
  return RunResult{signal ? 128 + *signal : 0, 0};
}

void Session::announce() {
  size_t count = count_targets(image_) - refused_;
  if (options_.quiet)
    return;
  if (options_.json)
    append_json_count(output_.text(), "attached_probes", "probes", count);
  else
    fmt::print(stderr, "Attached {} probe{}\n", count, count == 1 ? "" : "s");
  output_.flush();
}

void Session::report_losses() {
  std::string *json = options_.json ? &output_.text() : nullptr;
  lost_.report(json);
  lost_stacks_.report(json);
}

Result<void> Session::run_programs(image::ProviderKind kind) {
  for (const image::ProgramSpec &spec : image_.programs) {
    if (spec.provider != kind)
      continue;
    bpf_test_run_opts run{};
    run.sz = sizeof run;
    int status = bpf_prog_test_run_opts(bpf_program__fd(object_.program(spec.function)), &run);
    if (status != 0)
      return Error::from_errno("run", spec.targets.empty() ? spec.function : spec.targets[0].name, -status);
  }
  return {};
}

Result<void> Session::attach() {
  auto refused = attachments_.attach(image_, object_, {kernel_, options_.pid}, signals_);
  if (!refused)
    return refused.error();
  refused_ = *refused;
  return {};
}

// Without anything that could fire there is nothing to wait for but the child.
void Session::follow() {
  bool fires = std::any_of(image_.programs.begin(), image_.programs.end(), [](const image::ProgramSpec &program) {
    return !probes::provider(program.provider).is_run_directly();
  });
  if (!fires && !options_.child)
    return;
  while (!is_over()) {
    size_t count = ring_ ? drain(ring_->producer_position()) : 0;
    if (options_.buffering != Buffering::Full)
      output_.flush();
    if (keeps_up_)
      symbols_->keep_up();
    if (lost_.is_time_to_look())
      report_losses();
    if (is_over())
      return;
    if (count > 0 || !ring_)
      sleep_until_something(!ring_);
    else if (!ring_->publish())
      sleep_until_something(true);
    else if (ring_->producer_position() != ring_->position())
      sleep_until_something(false);  // a record is reserved but not yet written
  }
}

// Sleeps for kRest, or as long as it takes when the ring is quiet.
void Session::sleep_until_something(bool ring_is_quiet) {
  pollfd wanted[] = {
      {signals_.fd(), POLLIN, 0},
      {options_.child ? options_.child->pidfd() : -1, POLLIN, 0},
      {traced_pidfd_, POLLIN, 0},
      {ring_is_quiet && ring_ ? ring_->fd() : -1, POLLIN, 0},
  };
  ppoll(wanted, std::size(wanted), ring_is_quiet ? nullptr : &kRest, nullptr);
  if (wanted[1].revents || wanted[2].revents)
    is_over_ = true;
}

bool Session::is_over() {
  if (!is_over_)
    is_over_ = state_.exit_code || output_.is_broken() || signals_.received();
  return is_over_;
}

// What follows an exit() did not happen, as far as the script can tell. Once the end programs run,
// their records count, whatever exits there are, and no others: probes are still attached.
bool Session::counts(const image::EventSpec &event) const {
  return in_end_programs_ ? event.is_of_end : !state_.exit_code;
}

size_t Session::drain(uint64_t end) {
  return ring_->read_until(end, [&](const uint8_t *record, uint32_t size) {
    const image::EventSpec *event = event_of(image_, record, size);
    if (!event || !counts(*event) || output_.is_broken())
      return;
    run_action(state_, *event, record);
    if (options_.buffering == Buffering::None)
      output_.flush();
    output_.flush_if_full();
  });
}

void Session::drain_completely(uint64_t end) {
  drain(end);
  for (int rests = 0; ring_->position() < end && rests < kMaxRestsAtEnd; ++rests) {
    nanosleep(&kRest, nullptr);
    drain(end);
  }
}

Result<RunResult> Session::finish() {
  if (ring_ && state_.exit_code)
    ring_->skip_until(ring_->producer_position());
  else if (ring_)
    drain_completely(ring_->producer_position());
  if (auto done = run_programs(image::ProviderKind::End); !done)
    return done.error();
  if (ring_) {
    in_end_programs_ = true;
    drain_completely(ring_->producer_position());
  }
  if (!output_.is_broken())
    print_all_maps(state_);
  report_losses();
  output_.flush();
  attachments_.detach();
  if (output_.is_broken() && !output_.is_closed())
    return output_.error();
  int code = output_.is_closed() ? 128 + SIGPIPE : state_.exit_code.value_or(0);
  return RunResult{code, lost_.total()};
}

}  // namespace sonde::runtime
