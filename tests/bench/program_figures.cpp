// Asks by bpf(2) and reads /proc/PID/fdinfo: peers' programs are found as ours are.
#include "program_figures.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

namespace sonde::bench {
namespace {

namespace fs = std::filesystem;

int bpf(bpf_cmd command, bpf_attr &attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

std::optional<ProgramFigures> figures_of(uint32_t id) {
  bpf_attr open_it{};
  open_it.prog_id = id;
  int fd = bpf(BPF_PROG_GET_FD_BY_ID, open_it);
  if (fd < 0)
    return std::nullopt;
  bpf_prog_info info{};
  bpf_attr ask{};
  ask.info.bpf_fd = static_cast<uint32_t>(fd);
  ask.info.info_len = sizeof info;
  ask.info.info = reinterpret_cast<uintptr_t>(&info);
  int status = bpf(BPF_OBJ_GET_INFO_BY_FD, ask);
  close(fd);
  if (status != 0)
    return std::nullopt;
  return ProgramFigures{id,
                        std::string(info.name, strnlen(info.name, sizeof info.name)),
                        info.xlated_prog_len / static_cast<uint32_t>(sizeof(bpf_insn)),
                        info.verified_insns,
                        info.jited_prog_len,
                        info.run_cnt,
                        info.run_time_ns};
}

std::set<uint32_t> ids_held_by(pid_t process) {
  std::set<uint32_t> ids;
  std::error_code error;
  fs::directory_iterator entry("/proc/" + std::to_string(process) + "/fdinfo", error), end;
  for (; !error && entry != end; entry.increment(error)) {
    std::ifstream info(entry->path());
    for (std::string line; std::getline(info, line);)
      if (line.starts_with("prog_id:"))
        ids.insert(static_cast<uint32_t>(std::stoul(line.substr(std::strlen("prog_id:")))));
  }
  return ids;
}

}  // namespace

std::vector<ProgramFigures> programs_of(pid_t process) {
  std::vector<ProgramFigures> programs;
  for (uint32_t id : ids_held_by(process))
    if (auto figures = figures_of(id))
      programs.push_back(*figures);
  return programs;
}

std::vector<ProgramFigures> all_programs() {
  std::vector<ProgramFigures> programs;
  bpf_attr next{};
  while (bpf(BPF_PROG_GET_NEXT_ID, next) == 0) {
    uint32_t id = next.next_id;
    if (auto figures = figures_of(id))
      programs.push_back(*figures);
    next = {};
    next.start_id = id;
  }
  return programs;
}

int enable_run_statistics() {
  bpf_attr attributes{};
  attributes.enable_stats.type = BPF_STATS_RUN_TIME;
  return bpf(BPF_ENABLE_STATS, attributes);
}

}  // namespace sonde::bench
