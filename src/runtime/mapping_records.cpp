// A dummy perf event per CPU, which counts nothing but carries the kernel's notes on mappings.
#include "runtime/mapping_records.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>

namespace sonde::runtime {
namespace {

// Room for some 2,000 records per CPU between two readings.
constexpr size_t kDataSize = 64 * 4096;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

perf_event_attr attributes() {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.mmap = 1;
  attr.mmap2 = 1;
  attr.task = 1;
  attr.sample_id_all = 1;
  attr.sample_type = PERF_SAMPLE_TIME;
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  attr.watermark = 1;  // nobody waits for them: they are read when they are needed
  attr.wakeup_watermark = kDataSize;
  return attr;
}

// The fixed parts of the records, after perf_event_header.
struct Mmap2 {
  uint32_t pid, tid;
  uint64_t address, length, file_offset;
  uint32_t major, minor;
  uint64_t inode, generation;
  uint32_t protection, flags;
};
struct Task {
  uint32_t pid, parent_pid, tid, parent_tid;
};

template <typename T> bool take(const uint8_t *record, size_t size, T &out) {
  if (size < sizeof(perf_event_header) + sizeof out)
    return false;
  std::memcpy(&out, record + sizeof(perf_event_header), sizeof out);
  return true;
}

uint64_t time_of(const uint8_t *record, size_t size) {
  uint64_t time = 0;
  if (size >= sizeof(perf_event_header) + sizeof time)
    std::memcpy(&time, record + size - sizeof time, sizeof time);
  return time;
}

void dispatch_mmap(const uint8_t *record, size_t size, const MappingListener &listener) {
  Mmap2 mmap;
  if (!take(record, size, mmap))
    return;
  size_t fixed = sizeof(perf_event_header) + sizeof mmap;
  const char *path = reinterpret_cast<const char *>(record) + fixed;
  std::string name(path, strnlen(path, size - fixed));
  if (name.starts_with('/') && !name.starts_with("//"))
    listener.mapped(mmap.pid, {mmap.address, mmap.address + mmap.length, mmap.file_offset, std::move(name),
                               time_of(record, size), mmap.inode});
}

}  // namespace

void dispatch_record(const uint8_t *record, size_t size, const MappingListener &listener) {
  perf_event_header header;
  std::memcpy(&header, record, sizeof header);
  Task task;
  if (header.type == PERF_RECORD_MMAP2)
    dispatch_mmap(record, size, listener);
  else if (header.type == PERF_RECORD_FORK && take(record, size, task) && task.pid != task.parent_pid)
    listener.forked(task.pid, task.parent_pid, time_of(record, size));
  else if (header.type == PERF_RECORD_EXIT && take(record, size, task) && task.pid == task.tid)
    listener.exited(task.pid);
}

MappingRecords::MappingRecords() {
  long cpus = sysconf(_SC_NPROCESSORS_CONF);
  for (int cpu = 0; cpu < cpus; ++cpu)
    open_cpu(cpu);
}

MappingRecords::~MappingRecords() {
  for (const Ring &ring : rings_) {
    munmap(ring.pages, page_size() + kDataSize);
    close(ring.fd);
  }
}

void MappingRecords::open_cpu(int cpu) {
  perf_event_attr attr = attributes();
  int fd = static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0)
    return;
  void *pages = mmap(nullptr, page_size() + kDataSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pages == MAP_FAILED)
    close(fd);
  else
    rings_.push_back({fd, static_cast<uint8_t *>(pages)});
}

void MappingRecords::read_ring(const Ring &ring, std::vector<std::vector<uint8_t>> &records) {
  auto *control = reinterpret_cast<perf_event_mmap_page *>(ring.pages);
  const uint8_t *data = ring.pages + page_size();
  std::atomic_ref<__u64> head(control->data_head), tail(control->data_tail);
  uint64_t end = head.load(std::memory_order_acquire), at = tail.load(std::memory_order_relaxed);
  while (at < end) {
    perf_event_header header;
    // Records start at multiples of eight, so a header never wraps; what follows it may.
    std::memcpy(&header, data + at % kDataSize, sizeof header);
    if (header.size < sizeof header)
      break;
    std::vector<uint8_t> &record = records.emplace_back(header.size);
    size_t first = std::min<size_t>(header.size, kDataSize - at % kDataSize);
    std::memcpy(record.data(), data + at % kDataSize, first);
    std::memcpy(record.data() + first, data, header.size - first);
    at += header.size;
  }
  tail.store(end, std::memory_order_release);
}

// A process is made on one CPU and maps its program on another.
void MappingRecords::read(const MappingListener &listener) {
  std::vector<std::vector<uint8_t>> records;
  for (const Ring &ring : rings_)
    read_ring(ring, records);
  std::stable_sort(records.begin(), records.end(), [](const auto &a, const auto &b) {
    return time_of(a.data(), a.size()) < time_of(b.data(), b.size());
  });
  for (const std::vector<uint8_t> &record : records)
    dispatch_record(record.data(), record.size(), listener);
}

}  // namespace sonde::runtime
