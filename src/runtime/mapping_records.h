// What processes map and when, as the kernel reports it while they live: so that addresses of
// processes that are gone by the time we print can still be named.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sonde::runtime {

struct Mapping {
  uint64_t begin = 0, end = 0, file_offset = 0;
  std::string path;
  uint64_t since_ns = 0;  // CLOCK_MONOTONIC
  uint64_t inode = 0;     // of the file
};

// Receives the records. Of one reading they come in the order of their times; but a later reading may bring what
// happened before, on another CPU.
struct MappingListener {
  std::function<void(uint32_t pid, Mapping mapping)> mapped;                    // executable file mappings
  std::function<void(uint32_t pid, uint32_t parent, uint64_t time_ns)> forked;  // a new process, not a new thread
  std::function<void(uint32_t pid)> exited;
};

class MappingRecords {
public:
  // Asks for the records of all processes from now on. Where the kernel refuses there will be none.
  MappingRecords();
  ~MappingRecords();
  MappingRecords(const MappingRecords &) = delete;
  MappingRecords &operator=(const MappingRecords &) = delete;

  void read(const MappingListener &listener);

private:
  struct Ring {
    int fd;
    uint8_t *pages;
  };
  void open_cpu(int cpu);
  static void read_ring(const Ring &ring, std::vector<std::vector<uint8_t>> &records);

  std::vector<Ring> rings_;
};

// Hands one record, as perf_event_open(2) describes it, to the listener. Its last 8 bytes are its time.
void dispatch_record(const uint8_t *record, size_t size, const MappingListener &listener);

}  // namespace sonde::runtime
