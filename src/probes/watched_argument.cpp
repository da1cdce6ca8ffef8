// A small program at the function sends the addresses, once each; a thread takes them and sets the watchpoints. The
// program is written by hand, as it is the same for all scripts.
#include "probes/watched_argument.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/read_file.h"
#include "kernel/assembly.h"

namespace sonde::probes {
namespace {

using kernel::Assembly;

// Where a program finds a function's arguments: struct pt_regs of a uprobe is laid out as a debugger sees it.
#if defined(__aarch64__)
constexpr std::array<int16_t, 8> kArguments = {0, 8, 16, 24, 32, 40, 48, 56};
#else
constexpr std::array<int16_t, 6> kArguments = {offsetof(user_regs_struct, rdi), offsetof(user_regs_struct, rsi),
                                               offsetof(user_regs_struct, rdx), offsetof(user_regs_struct, rcx),
                                               offsetof(user_regs_struct, r8),  offsetof(user_regs_struct, r9)};
#endif

// Addresses on their way; each is 8 bytes and 8 of the kernel's.
constexpr uint32_t kRingBytes = 64 * 1024;
// Addresses that were sent and need not be sent again. When there are more, the process is stopped each time.
constexpr uint32_t kMostKnown = 4096;

class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0)
      close(fd_);
  }
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

constexpr uint8_t kResult = BPF_REG_0, kFirst = BPF_REG_1, kSecond = BPF_REG_2, kThird = BPF_REG_3, kFourth = BPF_REG_4,
                  kRecord = BPF_REG_6, kFrame = BPF_REG_10;

// if (!known[address] && (record = reserve())) { *record = address; stop the process; send; known[address] = 1 }
// The process is stopped first: who reads the record lets it go on, and nobody does without one.
std::vector<bpf_insn> sending_program(int known, int ring, int16_t argument, bool stops_process) {
  constexpr int16_t kAddress = -8, kOne = -16;
  Assembly program;
  auto point_at = [&](uint8_t to, int16_t offset) {
    program.copy(to, kFrame);
    program.plus(to, offset);
  };
  program.load(Assembly::Double, kFirst, kFirst, argument);
  program.store(Assembly::Double, kFrame, kAddress, kFirst);
  program.store_number(Assembly::Double, kFrame, kOne, 1);
  program.set_map(kFirst, known);
  point_at(kSecond, kAddress);
  program.call(BPF_FUNC_map_lookup_elem);
  size_t is_known = program.jump_unless_zero(kResult);
  program.set_map(kFirst, ring);
  program.set(kSecond, sizeof(uint64_t));
  program.set(kThird, 0);
  program.call(BPF_FUNC_ringbuf_reserve);
  size_t has_no_room = program.jump_if_zero(kResult);
  program.copy(kRecord, kResult);
  program.load(Assembly::Double, kFirst, kFrame, kAddress);
  program.store(Assembly::Double, kRecord, 0, kFirst);
  if (stops_process) {
    program.set(kFirst, SIGSTOP);
    program.call(BPF_FUNC_send_signal);
  }
  program.copy(kFirst, kRecord);
  program.set(kSecond, 0);
  program.call(BPF_FUNC_ringbuf_submit);
  program.set_map(kFirst, known);
  point_at(kSecond, kAddress);
  point_at(kThird, kOne);
  program.set(kFourth, BPF_ANY);
  program.call(BPF_FUNC_map_update_elem);
  program.land(is_known);
  program.land(has_no_room);
  program.set(kResult, 0);
  program.leave();
  return {program.code().begin(), program.code().end()};
}

// An event at a place in a file, in one process; -1 and errno when the kernel refuses.
// Of perf events that are uprobes; nothing where the kernel has none.
std::optional<uint32_t> uprobe_type() {
  auto text = read_file("/sys/bus/event_source/devices/uprobe/type");
  uint32_t type = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), type).ec != std::errc())
    return std::nullopt;
  return type;
}

Descriptor open_uprobe(const std::string &path, uint64_t offset, int pid) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  std::optional<uint32_t> type = uprobe_type();
  if (!type) {
    errno = ENOENT;
    return {};
  }
  attributes.type = *type;
  attributes.sample_period = attributes.wakeup_events = 1;
  attributes.config1 = reinterpret_cast<uint64_t>(path.c_str());
  attributes.config2 = offset;
  return Descriptor(static_cast<int>(syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

class ArgumentAttachment : public Attachment {
public:
  ArgumentAttachment(bpf_program *program, const WatchedArgument &wanted, const PerfEventSpec &event, bool needs_cookie,
                     bool follow, RefusedEvent refused)
      : program_(program), target_(wanted.target), pid_(wanted.pid), stops_process_(wanted.stops_process),
        event_(event), cookie_(needs_cookie ? wanted.target.name_index : 0), follow_(follow),
        refused_(std::move(refused)) {}
  ~ArgumentAttachment() override;
  ArgumentAttachment(const ArgumentAttachment &) = delete;
  ArgumentAttachment &operator=(const ArgumentAttachment &) = delete;

  // To be called once. Errors: what the kernel refuses now.
  Result<void> start(uint32_t argument);
  void unwatch(uint64_t address) override;

private:
  void serve();
  void watch(uint64_t address);
  void warn(uint64_t address, const Error &error);
  void let_go_on() const {
    if (stops_process_)
      kill(pid_, SIGCONT);
  }
  static int take(void *self, void *record, size_t size);

  bpf_program *program_;
  image::Target target_;
  int pid_;
  bool stops_process_;
  PerfEventSpec event_;
  uint64_t cookie_;
  bool follow_;
  RefusedEvent refused_;

  Descriptor known_, ring_, sender_, place_, end_;
  ring_buffer *reader_ = nullptr;
  std::atomic<bool> ends_ = false;
  std::mutex mutex_;  // of what follows: addresses come in a thread, unwatch() from another
  std::map<uint64_t, Attachments> watched_;
  std::set<std::string> warned_;  // causes
  std::thread server_;
};

Result<void> ArgumentAttachment::start(uint32_t argument) {
  auto failure = [&] { return refused_(target_.name, errno); };
  known_ = Descriptor(bpf_map_create(BPF_MAP_TYPE_HASH, "sonde_watched", 8, 8, kMostKnown, nullptr));
  ring_ = Descriptor(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sonde_watched", 0, 0, kRingBytes, nullptr));
  if (!known_.ok() || !ring_.ok())
    return failure();
  std::vector<bpf_insn> code = sending_program(known_.get(), ring_.get(), kArguments.at(argument), stops_process_);
  sender_ = Descriptor(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sonde_watch", "GPL", code.data(), code.size(), nullptr));
  end_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  if (!sender_.ok() || !end_.ok())
    return failure();
  reader_ = ring_buffer__new(ring_.get(), take, this, nullptr);
  if (!reader_)
    return failure();
  place_ = open_uprobe(target_.module, target_.offset, pid_);
  if (!place_.ok() || ioctl(place_.get(), PERF_EVENT_IOC_SET_BPF, sender_.get()) != 0 ||
      ioctl(place_.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
    return failure();
  server_ = std::thread([this] { serve(); });
  return {};
}

// First no address comes any more, then the last are let go.
ArgumentAttachment::~ArgumentAttachment() {
  ends_ = true;
  place_ = Descriptor();
  if (server_.joinable()) {
    const uint64_t one = 1;
    while (write(end_.get(), &one, sizeof one) < 0 && errno == EINTR)
      ;
    server_.join();
    ring_buffer__consume(reader_);
  }
  ring_buffer__free(reader_);
}

void ArgumentAttachment::serve() {
  pollfd wanted[] = {{ring_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
  while (!(wanted[1].revents & POLLIN)) {
    ring_buffer__consume(reader_);
    poll(wanted, 2, -1);
  }
}

int ArgumentAttachment::take(void *self, void *record, size_t size) {
  auto *attachment = static_cast<ArgumentAttachment *>(self);
  uint64_t address = 0;
  if (size >= sizeof address) {
    address = *static_cast<const uint64_t *>(record);
    if (!attachment->ends_)
      attachment->watch(address);
    attachment->let_go_on();
  }
  return 0;
}

void ArgumentAttachment::watch(uint64_t address) {
  std::lock_guard guard(mutex_);
  if (watched_.contains(address))
    return;
  uint64_t length = event_.breakpoint.length;
  if (address % length != 0) {
    warn(address, {"watch", "", fmt::format("it is not a multiple of its {} bytes", length), ""});
    return;
  }
  PerfEventSpec event = event_;
  event.breakpoint.address = address;
  auto attached = attach_perf_event(program_, target_.name, event, cookie_, pid_, follow_, refused_);
  if (attached)
    watched_.emplace(address, attached.take());
  else if (attached.error().error_number != ESRCH)
    warn(address, attached.error());
}

// Once for each cause.
void ArgumentAttachment::warn(uint64_t address, const Error &error) {
  if (warned_.insert(error.cause).second)
    fmt::print(stderr, "WARNING: {}: address 0x{:x} is not watched: {}\n", target_.name, address, error.cause);
}

// A register is free now, and addresses that found none may come again.
void ArgumentAttachment::unwatch(uint64_t address) {
  std::lock_guard guard(mutex_);
  watched_.erase(address);
  std::vector<uint64_t> forgotten;
  for (uint64_t key = 0, next = 0; bpf_map_get_next_key(known_.get(), forgotten.empty() ? nullptr : &key, &next) == 0;
       key = next)
    forgotten.push_back(next);
  for (uint64_t key : forgotten)
    if (!watched_.contains(key))
      bpf_map_delete_elem(known_.get(), &key);
}

}  // namespace

uint32_t most_watched_arguments() { return kArguments.size(); }

Result<std::unique_ptr<Attachment>> watch_argument(bpf_program *program, const WatchedArgument &wanted,
                                                   const PerfEventSpec &event, bool needs_cookie, bool follow,
                                                   const RefusedEvent &refused) {
  auto attachment = std::make_unique<ArgumentAttachment>(program, wanted, event, needs_cookie, follow, refused);
  if (auto started = attachment->start(wanted.argument); !started)
    return started.error();
  return std::unique_ptr<Attachment>(std::move(attachment));
}

}  // namespace sonde::probes
