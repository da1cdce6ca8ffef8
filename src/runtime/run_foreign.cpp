// libbpf does the work: sections say what programs attach to, and buffers are its own.
#include "runtime/run_foreign.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "runtime/format_btf.h"
#include "runtime/libbpf_log.h"
#include "runtime/output.h"
#include "runtime/signals.h"

namespace sonde::runtime {
namespace {

constexpr size_t kPerfPages = 64;  // eunomia's own number, each CPU's

template <typename T, auto Free> using Owned = std::unique_ptr<T, decltype([](T *pointer) { Free(pointer); })>;

using Object = Owned<bpf_object, bpf_object__close>;
using Link = Owned<bpf_link, bpf_link__destroy>;
using RingBuffer = Owned<ring_buffer, ring_buffer__free>;
using PerfBuffer = Owned<perf_buffer, perf_buffer__free>;

std::string last_line(std::string_view text) {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  std::string line(text.substr(text.rfind('\n') + 1));
  return line.starts_with("libbpf: ") ? line.substr(8) : line;
}

// Prints records of one type: a row of a table for each, or a JSON object.
class RecordPrinter {
public:
  RecordPrinter(Output &output, const btf *types, uint32_t structure, bool is_json)
      : output_(output), types_(types), structure_(structure), size_(btf__resolve_size(types, structure)),
        is_json_(is_json), members_(members_of(types, structure)) {}

  void print_header() {
    if (is_json_)
      return;
    output_.text() += "TIME    ";
    for (const BtfMember &member : members_) {
      std::string name(member.name);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      append_cell(name, width(member));
    }
    end_line();
  }

  void print(std::span<const uint8_t> record) {
    if (size_ < 0 || record.size() < static_cast<uint64_t>(size_)) {
      ++too_short;
      return;
    }
    if (is_json_) {
      append_btf_value(output_.text(), types_, structure_, record);
      return end_line();
    }
    append_time();
    for (const BtfMember &member : members_) {
      std::string text;
      append_btf_member(text, types_, member, record);
      append_cell(text, width(member));
    }
    end_line();
  }

  uint64_t too_short = 0;  // records that cannot be of this type
  uint64_t lost = 0;

private:
  static size_t width(const BtfMember &member) { return std::max<size_t>(6, member.name.size()); }
  void append_cell(std::string_view text, size_t width) {
    output_.text() += ' ';
    output_.text() += text;
    output_.text().append(width - std::min(width, text.size()), ' ');
  }
  void append_time() {
    time_t now = time(nullptr);
    tm local{};
    localtime_r(&now, &local);
    output_.text() += fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
  }
  void end_line() {
    std::string &text = output_.text();
    text.resize(text.find_last_not_of(' ') + 1);
    text += '\n';
    output_.flush_if_full();
  }

  Output &output_;
  const btf *types_;
  uint32_t structure_;
  int64_t size_;
  bool is_json_;
  std::vector<BtfMember> members_;
};

int take_ring_record(void *printer, void *data, size_t size) {
  static_cast<RecordPrinter *>(printer)->print({static_cast<const uint8_t *>(data), size});
  return 0;
}
void take_perf_record(void *printer, int, void *data, uint32_t size) { take_ring_record(printer, data, size); }
void count_lost(void *printer, int, unsigned long long count) { static_cast<RecordPrinter *>(printer)->lost += count; }

class ForeignRun {
public:
  ForeignRun(const image::ForeignPackage &package, const RunOptions &options)
      : package_(package), options_(options), log_(options.verbosity > 1), output_(options.output_fd, &signals_) {}

  Result<RunResult> run() {
    for (auto step : {&ForeignRun::load, &ForeignRun::find_type, &ForeignRun::attach, &ForeignRun::open_buffers})
      if (auto done = (this->*step)(); !done)
        return done.error();
    if (!options_.quiet)
      fmt::print(stderr, "Attached {} program{}\n", links_.size(), links_.size() == 1 ? "" : "s");
    if (options_.dry_run)
      return RunResult{};
    return follow();
  }

private:
  Error refusal(std::string action, std::string object, int error_number) const {
    Error error = Error::from_errno(std::move(action), std::move(object), error_number);
    error.hint = last_line(log_.text());
    return error;
  }

  Result<void> load() {
    bpf_object_open_opts options{};
    options.sz = sizeof options;
    options.object_name = package_.name.empty() ? nullptr : package_.name.c_str();
    object_.reset(bpf_object__open_mem(package_.object.data(), package_.object.size(), &options));
    if (!object_)
      return refusal("read the object of", package_.name, errno);
    if (int status = bpf_object__load(object_.get()); status != 0)
      return refusal("load the programs of", package_.name, -status);
    return {};
  }

  // The struct of the events, as the object itself describes it.
  Result<void> find_type() {
    if (package_.exported.empty())
      return {};
    const image::ForeignPackage::ExportedType &type = package_.exported.front();
    const btf *types = bpf_object__btf(object_.get());
    int id = types ? btf__find_by_name_kind(types, type.name.c_str(), BTF_KIND_STRUCT) : -ENOENT;
    if (id < 0)
      return Error{"print events of",
                   package_.name,
                   fmt::format("it exports struct {}, which its object does not describe", type.name),
                   {},
                   0};
    if (int64_t size = btf__resolve_size(types, static_cast<uint32_t>(id)); size != type.size)
      return Error{
          "print events of",
          package_.name,
          fmt::format("it says that struct {} has {} bytes; in its object it has {}", type.name, type.size, size),
          {},
          0};
    printer_ = std::make_unique<RecordPrinter>(output_, types, static_cast<uint32_t>(id), options_.json);
    return {};
  }

  Result<void> attach() {
    for (const image::ForeignPackage::Program &wanted : package_.programs) {
      bpf_program *program = bpf_object__find_program_by_name(object_.get(), wanted.name.c_str());
      if (!program)
        return Error{"attach", wanted.name, "the package's object has no program of that name", {}, 0};
      if (!wanted.is_attached)
        continue;
      Link link(bpf_program__attach(program));
      if (!link)
        return refusal("attach", fmt::format("{} ({})", wanted.name, bpf_program__section_name(program)), errno);
      links_.push_back(std::move(link));
    }
    return {};
  }

  Result<void> open_buffers() {
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object_.get()) {
      bool is_ring = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
      if (!is_ring && bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
        continue;
      std::string name = bpf_map__name(map);
      if (!printer_)
        return Error{"print events of", name, "the package exports no type for them", {}, 0};
      if (!(is_ring ? open_ring(map) : open_perf(map)))
        return refusal("open the buffer", name, errno);
    }
    return {};
  }

  bool open_ring(const bpf_map *map) {
    RingBuffer ring(ring_buffer__new(bpf_map__fd(map), take_ring_record, printer_.get(), nullptr));
    if (!ring)
      return false;
    rings_.push_back(std::move(ring));
    return true;
  }
  bool open_perf(const bpf_map *map) {
    PerfBuffer buffer(
        perf_buffer__new(bpf_map__fd(map), kPerfPages, take_perf_record, count_lost, printer_.get(), nullptr));
    if (!buffer)
      return false;
    perf_buffers_.push_back(std::move(buffer));
    return true;
  }

  void read_all() {
    for (const RingBuffer &ring : rings_)
      ring_buffer__consume(ring.get());
    for (const PerfBuffer &buffer : perf_buffers_)
      perf_buffer__consume(buffer.get());
    output_.flush();
  }

  Result<RunResult> follow() {
    std::vector<pollfd> waits = {{signals_.fd(), POLLIN, 0}};
    if (options_.child)
      waits.push_back({options_.child->pidfd(), POLLIN, 0});
    for (const RingBuffer &ring : rings_)
      waits.push_back({ring_buffer__epoll_fd(ring.get()), POLLIN, 0});
    for (const PerfBuffer &buffer : perf_buffers_)
      waits.push_back({perf_buffer__epoll_fd(buffer.get()), POLLIN, 0});
    if (printer_)
      printer_->print_header();
    output_.flush();
    if (options_.child)
      if (auto resumed = options_.child->resume(); !resumed)
        return resumed.error();
    bool has_child_ended = false;
    // Asked right before each wait: writing output takes signals off their file, too.
    while (!signals_.received() && !has_child_ended && !output_.is_broken()) {
      poll(waits.data(), waits.size(), -1);
      has_child_ended = options_.child && waits[1].revents != 0;
      read_all();
    }
    return finish();
  }

  Result<RunResult> finish() {
    links_.clear();
    read_all();
    if (output_.is_broken() && !output_.is_closed())
      return output_.error();
    if (printer_ && printer_->lost > 0)
      fmt::print(stderr, "Lost {} events\n", printer_->lost);
    if (printer_ && printer_->too_short > 0)
      fmt::print(stderr, "WARNING: {} events were too short for struct {}\n", printer_->too_short,
                 package_.exported.front().name);
    bool has_lost = printer_ && printer_->lost + printer_->too_short > 0;
    return RunResult{options_.strict && has_lost ? kLostExitCode : 0};
  }

  const image::ForeignPackage &package_;
  const RunOptions &options_;
  Signals signals_;
  LibbpfLog log_;
  Output output_;
  Object object_;
  std::unique_ptr<RecordPrinter> printer_;
  std::vector<Link> links_;
  std::vector<RingBuffer> rings_;
  std::vector<PerfBuffer> perf_buffers_;
};

// What needs records or programs of sonde's own.
const char *unheeded_option(const RunOptions &options) {
  return options.mode != RunMode::Probes ? "--test and --bench"
         : !options.pids.empty()         ? "-p"
         : options.follow                ? "--follow"
         : !options.cgroup.empty()       ? "--cgroup"
         : options.json_typed            ? "--json-typed"
         : options.folded                ? "-f folded"
         : options.ordered               ? "--ordered"
         : options.status                ? "--status"
         : options.cost                  ? "--cost"
                                         : nullptr;
}

}  // namespace

Result<RunResult> run_foreign(const image::ForeignPackage &package, const RunOptions &options) {
  if (const char *option = unheeded_option(options))
    return Error{
        "run", package.name, fmt::format("its programs are not sonde's: {} cannot be done with them", option), {}, 0};
  return ForeignRun(package, options).run();
}

}  // namespace sonde::runtime
