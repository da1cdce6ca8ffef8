#include "loaded_programs.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace sonde::test {
namespace {

namespace fs = std::filesystem;

bool is_number(const std::string &text) { return text.find_first_not_of("0123456789") == std::string::npos; }

void add_held_by(const fs::path &process, std::set<uint32_t> &ids) {
  std::error_code error;
  // Processes come and go while we look.
  for (auto entry = fs::directory_iterator(process / "fdinfo", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::ifstream info(entry->path());
    for (std::string line; std::getline(info, line);)
      if (line.starts_with("prog_id:"))
        ids.insert(static_cast<uint32_t>(std::stoul(line.substr(strlen("prog_id:")))));
  }
}

}  // namespace

std::set<uint32_t> loaded_programs() {
  std::set<uint32_t> ids;
  bpf_attr attributes = {};
  while (syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attributes, sizeof attributes) == 0) {
    ids.insert(attributes.next_id);
    uint32_t last = attributes.next_id;
    attributes = {};
    attributes.start_id = last;
  }
  return ids;
}

std::set<uint32_t> programs_held_by_processes() {
  std::set<uint32_t> ids;
  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    if (is_number(entry->path().filename().string()))
      add_held_by(entry->path(), ids);
  return ids;
}

}  // namespace sonde::test
