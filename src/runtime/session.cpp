// Runs a loaded script.
#include "runtime/session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "runtime/format_json.h"
#include "runtime/kernel_maps.h"
#include "runtime/missed_runs.h"

namespace sonde::runtime {
namespace {

// While records keep coming, the reader rests this long between drains: long enough to read many at
// once, short enough for no one to notice, and far less than a full ring buffer's worth.
constexpr timespec kRest{0, 300'000};
// Losses are told, and the status line is renewed, also while no record comes.
constexpr timespec kLookInterval{1, 0};
// How long a program may take between reserving and submitting its record when all is over.
constexpr int kMaxRestsAtEnd = 300;

std::vector<KernelMap> kernel_maps(const image::ProgramImage &image, const LoadedObject &object) {
  std::vector<KernelMap> maps;
  for (size_t i = 0; i < image.maps.size(); ++i)
    maps.push_back({object.map_fd(image.maps[i].bpf_name), object.memory(i)});
  return maps;
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

// Tests and benchmarks take no part in an ordinary run.
bool takes_part(image::ProviderKind kind) {
  return kind != image::ProviderKind::Test && kind != image::ProviderKind::Bench;
}

size_t count_targets(const image::ProgramImage &image) {
  size_t count = 0;
  for (const image::ProgramSpec &program : image.programs)
    if (takes_part(program.provider))
      count += program.targets.size();
  return count;
}

// Whether something else than the start and the end can run a program.
bool can_fire(const image::ProgramImage &image) {
  return std::any_of(image.programs.begin(), image.programs.end(), [](const image::ProgramSpec &program) {
    return program.provider == image::ProviderKind::SelfSignal || !probes::provider(program.provider).is_run_directly();
  });
}

}  // namespace

Session::Session(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
                 const LoadedObject &object, Signals &signals, const ProgramCosts *costs)
    : image_(image), kernel_(kernel), options_(options), object_(object), signals_(signals), costs_(costs),
      output_(options.folded ? STDERR_FILENO : options.output_fd, &signals), folds_(options.output_fd, &signals),
      maps_(open_kernel_maps(image, kernel_maps(image, object), kernel.possible_cpu_count())),
      symbols_(open_symbols(image.config.cpp_demangle)),
      stacks_(open_kernel_stacks([&object](const std::string &name) { return object.map_fd(name); })),
      around_{image, *symbols_, Clock::running(), *stacks_}, json_(output_, around_, options.json_typed),
      state_{
          image, output_, *maps_, around_, {}, {}, options.json ? &json_ : nullptr, options.folded ? &folds_ : nullptr},
      losses_(image, object.loss_words()) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const image::ProgramImage &image, kernel::Kernel &kernel,
                                               const RunOptions &options, const LoadedObject &object, Signals &signals,
                                               const ProgramCosts *costs) {
  std::unique_ptr<Session> session(new Session(image, kernel, options, object, signals, costs));
  session->keeps_up_ = names_user_code(image);
  if (session->keeps_up_)
    session->symbols_->keep_up();
  if (options.ordered)
    session->ordered_.emplace();
  if (options.status)
    session->status_.emplace(isatty(STDERR_FILENO) != 0, options.colour);
  session->state_.attachments = &session->attachments_;
  auto formats = parse_formats(image);
  if (!formats)
    return formats.error();
  session->state_.formats = formats.take();
  if (auto done = session->open_records(); !done)
    return done.error();
  if (auto done = session->open_packets(); !done)
    return done.error();
  auto traced = TracedProcesses::open(options.pids);
  if (!traced)
    return traced.error();
  session->traced_ = traced.take();
  return session;
}

Result<void> Session::open_records() {
  std::unique_ptr<RingReader> rings[2];
  const char *names[] = {image::kRingBufferMap, image::kControlRingMap};
  for (int i = 0; i < 2; ++i) {
    uint64_t size = object_.ring_size(names[i]);
    if (size == 0)
      continue;
    auto ring = RingReader::open(object_.map_fd(names[i]), size);
    if (!ring)
      return ring.error();
    rings[i] = ring.take();
  }
  uint32_t header = image::EventSpec::header_size(image::EventKind::Exit, image_.is_stamped);
  records_ = std::make_unique<RecordStream>(std::move(rings[0]), std::move(rings[1]),
                                            static_cast<uint32_t>(header - sizeof(uint64_t)));
  return {};
}

// A dry run makes no files.
Result<void> Session::open_packets() {
  int map = object_.map_fd(image::kPacketsMap);
  if (map < 0 || options_.dry_run)
    return {};
  auto files = PacketFiles::create(image_, &signals_);
  if (!files)
    return files.error();
  packet_files_ = files.take();
  state_.packets = packet_files_.get();
  auto reader = PacketReader::open(image_, map, [this](const uint8_t *record, uint32_t size) {
    ++events_;
    run_action(state_, *event_of(image_, record, size), record);
  });
  if (!reader)
    return reader.error();
  packets_ = reader.take();
  return {};
}

// They have buffers of their own, so no exit() among the other records says which of them came before it.
void Session::read_packets() {
  if (packets_)
    packets_->read();
}

Result<RunResult> Session::run() {
  if (auto done = run_programs(image::ProviderKind::Begin); !done)
    return done.error();
  drain_all();
  // bpftrace's first JSON record is how many probes are attached.
  if (!options_.json || options_.json_typed)
    flush();
  if (!is_over())
    if (auto done = attach(); !done)
      return done.error();
  announce();
  if (!is_over() && options_.child)
    if (auto done = options_.child->resume(); !done)
      return done.error();
  if (auto done = follow(); !done)
    return done.error();
  return finish();
}

Result<RunResult> Session::attach_only() {
  if (auto done = attach(); !done)
    return done.error();
  announce();
  attachments_.detach();
  auto signal = signals_.received();
  return RunResult{signal ? 128 + *signal : 0};
}

void Session::announce() {
  size_t count = count_targets(image_) - refused_;
  if (options_.quiet)
    return;
  if (options_.dry_run || options_.verbosity > 0)
    attachments_.print_cost();
  if (!options_.json) {
    fmt::print(stderr, "Attached {} probe{}\n", count, count == 1 ? "" : "s");
    for (const std::string &pin : attachments_.pins())
      fmt::print(stderr, "Program pinned to {}: reading that file runs it, removing the file ends it\n", pin);
  } else {
    std::string record;
    std::swap(record, output_.text());
    json_.set_sender(nullptr);
    json_.add([&](std::string &out) { append_json_count(out, "attached_probes", "probes", count); });
    output_.text() += record;
  }
  flush();
}

// The two may share a terminal.
void Session::flush() {
  if (status_ && !(output_.text().empty() && folds_.text().empty()))
    status_->hide();
  output_.flush();
  folds_.flush();
  if (packet_files_)
    packet_files_->flush();
}

Result<uint32_t> Session::run_program(const image::ProgramSpec &spec) {
  bpf_test_run_opts run{};
  run.sz = sizeof run;
  int status = bpf_prog_test_run_opts(bpf_program__fd(object_.program(spec.function)), &run);
  if (status != 0)
    return Error::from_errno("run", spec.targets.empty() ? spec.function : spec.targets[0].name, -status);
  return run.retval;
}

Result<void> Session::run_programs(image::ProviderKind kind) {
  for (const image::ProgramSpec &spec : image_.programs)
    if (spec.provider == kind)
      if (auto done = run_program(spec); !done)
        return done.error();
  return {};
}

// Probes of the signals that have come.
Result<void> Session::run_for_signals() {
  while (auto signal = signals_.next_awaited())
    for (const image::ProgramSpec &spec : image_.programs)
      for (const image::Target &target : spec.targets)
        if (spec.provider == image::ProviderKind::SelfSignal && static_cast<int>(target.count) == *signal)
          if (auto done = run_program(spec); !done)
            return done.error();
  return {};
}

Result<void> Session::attach() {
  traced_files_.remember(image_);
  auto refused = attachments_.attach(image_, object_, attach_options(kernel_, options_), signals_);
  if (!refused)
    return refused.error();
  refused_ = *refused;
  return {};
}

// Without anything that could fire there is nothing to wait for but the child.
Result<void> Session::follow() {
  if (!can_fire(image_) && !options_.child)
    return {};
  while (!is_over()) {
    if (auto done = run_for_signals(); !done)
      return done.error();
    read_packets();
    size_t count = drain(records_->now());
    if (options_.buffering != Buffering::Full)
      flush();
    if (keeps_up_)
      symbols_->keep_up();
    if (losses_.is_time_to_look()) {
      json_.set_sender(nullptr);
      losses_.report(state_.json);
    }
    if (status_)
      status_->update(events_, losses_.total());
    if (is_over())
      return {};
    if (count > 0 || (ordered_ && !ordered_->is_empty()))
      sleep_until_something(false);
    else if (!records_->publish())
      sleep_until_something(true);
    else if (!records_->has_reached(records_->now()))
      sleep_until_something(false);  // a record is reserved but not yet written
  }
  return {};
}

// Sleeps for kRest, or when nothing comes until something does.
void Session::sleep_until_something(bool is_quiet) {
  std::array<int, 2> rings = records_->fds();
  pollfd wanted[] = {
      {signals_.fd(), POLLIN, 0},
      {options_.child ? options_.child->pidfd() : -1, POLLIN, 0},
      {traced_->fd(), POLLIN, 0},
      {attachments_.end_fd(), POLLIN, 0},
      {is_quiet ? rings[0] : -1, POLLIN, 0},
      {is_quiet ? rings[1] : -1, POLLIN, 0},
      {is_quiet && packets_ ? packets_->fd() : -1, POLLIN, 0},
  };
  const timespec *limit = !is_quiet ? &kRest : status_ || losses_.are_counted() ? &kLookInterval : nullptr;
  ppoll(wanted, std::size(wanted), limit, nullptr);
  if (wanted[1].revents || (wanted[2].revents && traced_->have_ended()) || wanted[3].revents)
    is_over_ = true;
}

bool Session::is_over() {
  if (!is_over_)
    is_over_ = state_.exit_code || output_.is_broken() || folds_.is_broken() || signals_.received();
  return is_over_;
}

// What follows an exit() did not happen, as far as the script can tell. Once the end programs run,
// their records count, whatever exits there are, and no others: probes are still attached.
bool Session::counts(const image::EventSpec &event) const {
  return in_end_programs_ ? event.is_of_end : !state_.exit_code;
}

void Session::act_on(const uint8_t *record, uint32_t size) {
  const image::EventSpec *event = event_of(image_, record, size);
  if (!event || !counts(*event) || output_.is_broken())
    return;
  ++events_;
  json_.set_sender(record);
  run_action(state_, *event, record);
  if (options_.buffering == Buffering::None)
    flush();
  output_.flush_if_full();
}

size_t Session::drain(const RecordStream::Mark &end) {
  if (!ordered_)
    return records_->read_until(end, [&](const uint8_t *record, uint32_t size) { act_on(record, size); });
  size_t count = records_->read_until(end, [&](const uint8_t *record, uint32_t size) { ordered_->add(record, size); });
  if (records_->has_reached(end))
    ordered_->end_batch([&](const uint8_t *record, uint32_t size) { act_on(record, size); });
  return count;
}

void Session::drain_completely(const RecordStream::Mark &end) {
  drain(end);
  for (int rests = 0; !records_->has_reached(end) && rests < kMaxRestsAtEnd; ++rests) {
    nanosleep(&kRest, nullptr);
    drain(end);
  }
  if (ordered_)
    ordered_->finish([&](const uint8_t *record, uint32_t size) { act_on(record, size); });
}

void Session::drain_all() { drain_completely(records_->now()); }

Result<RunResult> Session::finish() {
  RecordStream::Mark end = records_->now();
  if (status_)
    status_->hide();
  json_.set_sender(nullptr);
  losses_.count_end_alone(state_.json);
  if (state_.exit_code) {
    records_->skip_until(end);
    if (ordered_)
      ordered_->clear();
  } else {
    drain_completely(end);
  }
  read_packets();
  if (auto done = run_programs(image::ProviderKind::End); !done)
    return done.error();
  in_end_programs_ = true;
  drain_completely(records_->now());
  RunCost cost = costs_ ? costs_->read() : RunCost{};
  json_.set_sender(nullptr);
  if (!output_.is_broken())
    print_all_maps(state_);
  losses_.set_missed_runs(missed_runs(image_, object_));
  losses_.report_last(state_.json);
  RunResult result = this->result();
  if (costs_ && options_.json)
    json_.add([&](std::string &out) { append_json_cost(out, cost); });
  if (options_.json_typed)
    add_summary(result.exit_code);
  flush();
  // Behind the maps, where the two share a terminal.
  if (costs_ && !options_.json)
    fmt::print(stderr, "{}", cost_text(cost));
  traced_files_.warn_of_replaced();
  attachments_.detach();
  for (const Output *output : {&output_, &folds_})
    if (output->is_broken() && !output->is_closed())
      return output->error();
  if (packet_files_)
    if (auto written = packet_files_->state(); !written)
      return written.error();
  return output_.is_closed() || folds_.is_closed() ? RunResult{128 + SIGPIPE} : result;
}

RunResult Session::result() {
  int code = state_.exit_code.value_or(0);
  return {code == 0 && options_.strict && losses_.any() ? kLostExitCode : code};
}

void Session::add_summary(int exit_code) {
  json_.add([&](std::string &out) {
    out += fmt::format("{{\"type\": \"summary\", \"data\": {{\"events\": {}, \"lost\": {{\"events\": {}, "
                       "\"helper_errors\": {}, \"stacks\": {}, \"runs\": {}}}, \"duration_ns\": {}, "
                       "\"exit_code\": {}}}}}\n",
                       events_, losses_.events(), losses_.failures(), losses_.stacks(), losses_.missed_runs(),
                       boot_time_ns() - start_ns_, exit_code);
  });
}

}  // namespace sonde::runtime
