// Records of mappings, from bytes as perf_event_open(2) describes them.
#include "runtime/mapping_records.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include "fake_surroundings.h"

namespace sonde::runtime {
namespace {

class MappingRecordsTest : public testing::Test {
protected:
  // At time 3.
  void feed(uint32_t type, std::vector<uint8_t> body) {
    body = body + bytes_of(uint64_t{3});
    auto size = static_cast<uint16_t>(sizeof(perf_event_header) + body.size());
    std::vector<uint8_t> record = bytes_of(type, uint16_t{0}, size) + body;
    dispatch_record(
        record.data(), record.size(),
        {[this](uint32_t pid, const Mapping &mapping) {
           said += std::to_string(pid) + " maps " + mapping.path + ", file " + std::to_string(mapping.inode) + ", to " +
                   std::to_string(mapping.begin) + "-" + std::to_string(mapping.end) + " from " +
                   std::to_string(mapping.file_offset) + " at " + std::to_string(mapping.since_ns) + "\n";
         },
         [this](uint32_t pid, uint32_t parent, uint64_t time) {
           said += std::to_string(parent) + " forks " + std::to_string(pid) + " at " + std::to_string(time) + "\n";
         },
         [this](uint32_t pid) { said += std::to_string(pid) + " exits\n"; }});
  }
  static std::vector<uint8_t> mmap2(const std::string &path) {
    return bytes_of(uint32_t{7}, uint32_t{8}, uint64_t{4096}, uint64_t{100}, uint64_t{512}, uint32_t{0}, uint32_t{0},
                    uint64_t{11}, uint64_t{0}, uint32_t{5}, uint32_t{0}) +
           text_bytes(path, 24);
  }
  std::string said;
};

TEST_F(MappingRecordsTest, FilesAreMapped) {
  feed(PERF_RECORD_MMAP2, mmap2("/bin/program"));
  EXPECT_EQ(said, "7 maps /bin/program, file 11, to 4096-4196 from 512 at 3\n");
}

TEST_F(MappingRecordsTest, WhatIsNoFileIsLeftOut) {
  feed(PERF_RECORD_MMAP2, mmap2("[vdso]"));
  feed(PERF_RECORD_MMAP2, mmap2("//anon"));
  EXPECT_EQ(said, "");
}

TEST_F(MappingRecordsTest, ProcessesComeAndGoThreadsDoNot) {
  feed(PERF_RECORD_FORK, bytes_of(uint32_t{9}, uint32_t{7}, uint32_t{9}, uint32_t{7}));
  feed(PERF_RECORD_FORK, bytes_of(uint32_t{9}, uint32_t{9}, uint32_t{10}, uint32_t{9}));
  feed(PERF_RECORD_EXIT, bytes_of(uint32_t{9}, uint32_t{7}, uint32_t{10}, uint32_t{7}));
  feed(PERF_RECORD_EXIT, bytes_of(uint32_t{9}, uint32_t{7}, uint32_t{9}, uint32_t{7}));
  EXPECT_EQ(said, "7 forks 9 at 3\n9 exits\n");
}

TEST_F(MappingRecordsTest, RecordsThatAreTooShortSayNothing) {
  feed(PERF_RECORD_MMAP2, bytes_of(uint32_t{7}));
  feed(PERF_RECORD_MMAP2, {});
  feed(PERF_RECORD_FORK, bytes_of(uint32_t{7}));
  feed(PERF_RECORD_EXIT, bytes_of(uint8_t{7}));
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace sonde::runtime
