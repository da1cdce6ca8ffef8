// Finds binaries by path, by pattern, and as a traced process sees them.
#include "probes/binaries.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <set>
#include <span>

#include "base/read_file.h"
#include "base/text.h"
#include "elf/binary.h"
#include "probes/location.h"
#include "probes/provider.h"

namespace sonde::probes {
namespace {

bool same_file(const std::string &a, const std::string &b) {
  struct stat first, second;
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// For a traced process with a root of its own (a container), absolute paths are meant as it sees them.
std::string path_in_process(const std::string &path, int pid) {
  if (path.empty() || path[0] != '/' || path.starts_with("/proc/"))
    return path;
  std::string root = fmt::format("/proc/{}/root", pid);
  struct stat status;
  if (same_file(root + "/", "/") || stat((root + path).c_str(), &status) != 0)
    return path;
  return root + path;
}

// Gathers files, each once however many links lead to it.
class FileSet {
public:
  void add(std::string path, std::string shown) {
    struct stat status;
    if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        seen_.insert({status.st_dev, status.st_ino}).second)
      files.push_back({std::move(path), std::move(shown)});
  }

  std::vector<BinaryPath> files;

private:
  std::set<std::pair<dev_t, ino_t>> seen_;
};

// A file that a process runs, and where its code can be read.
struct MappedFile {
  std::string path;  // in the process's own root
  std::string readable;
};

// A file that was deleted, or replaced by another of its name, is still there for those who run it.
std::optional<MappedFile> parse_mapping(int pid, const std::string &line) {
  constexpr std::string_view kDeleted = " (deleted)";
  // begin-end perms offset device inode path
  size_t path = line.find('/'), range_end = line.find(' ');
  if (path == std::string::npos || range_end + 3 >= line.size() || line[range_end + 3] != 'x')
    return std::nullopt;
  MappedFile file{line.substr(path), {}};
  if (!file.path.ends_with(kDeleted)) {
    file.readable = path_in_process(file.path, pid);
    return file;
  }
  file.path.resize(file.path.size() - kDeleted.size());
  // There without the zeros that maps pads with.
  uint64_t begin = 0, end = 0;
  if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64, &begin, &end) != 2)
    return std::nullopt;
  file.readable = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, begin, end);
  return file;
}

std::vector<MappedFile> mapped_files_of(int pid) {
  std::vector<MappedFile> files;
  auto maps = read_file(fmt::format("/proc/{}/maps", pid));
  if (!maps)
    return files;
  for (std::string_view line : split(*maps, '\n'))
    if (auto file = parse_mapping(pid, std::string(line)))
      files.push_back(std::move(*file));
  return files;
}

void add_mapped_files(int pid, FileSet &found) {
  for (MappedFile &file : mapped_files_of(pid))
    found.add(std::move(file.readable), file.path);
}

// Which file a path means for a process: the one that it runs by that name, else the one that it would find there.
std::string path_for_process(const std::string &path, int pid) {
  for (MappedFile &file : mapped_files_of(pid))
    if (file.path == path)
      return std::move(file.readable);
  return path_in_process(path, pid);
}

void add_as_seen(const std::string &path, std::span<const int> pids, FileSet &found) {
  for (int pid : pids)
    found.add(path_for_process(path, pid), path);
  if (pids.empty())
    found.add(path, path);
}

std::vector<BinaryPath> expand_pattern(const std::string &pattern, std::span<const int> pids) {
  FileSet found;
  glob_t matches{};
  if (glob(pattern.c_str(), 0, nullptr, &matches) == 0)
    for (size_t i = 0; i < matches.gl_pathc; ++i)
      add_as_seen(matches.gl_pathv[i], pids, found);
  globfree(&matches);
  return std::move(found.files);
}

std::vector<int> all_processes() {
  std::vector<int> pids;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator("/proc", error))
    if (auto pid = parse_number(entry.path().filename().string()))
      pids.push_back(static_cast<int>(*pid));
  return pids;
}

Result<std::vector<BinaryPath>> mapped_files(std::span<const int> pids) {
  FileSet found;
  for (int process : pids.empty() ? all_processes() : std::vector<int>(pids.begin(), pids.end()))
    add_mapped_files(process, found);
  for (int pid : pids)
    if (struct stat status; stat(fmt::format("/proc/{}", pid).c_str(), &status) != 0)
      return Error{"find binaries", fmt::format("of process {}", pid), "there is no such process", {}, ESRCH};
  if (found.files.empty())
    return Error{"find binaries",
                 pids.empty() ? "of all processes" : fmt::format("of process {}", fmt::join(pids, ", ")),
                 "no mapped files can be seen", "run as root; threads of the kernel have none", ENOENT};
  return std::move(found.files);
}

// The archive is what has to be found.
Result<std::vector<BinaryPath>> find_members(const std::string &name, std::span<const int> pids) {
  size_t mark = name.find("!/");
  auto archives = find_binaries(name.substr(0, mark), pids);
  if (archives)
    for (BinaryPath &archive : *archives) {
      archive.path += name.substr(mark);
      archive.shown += name.substr(mark);
    }
  return archives;
}

}  // namespace

std::shared_ptr<elf::Binaries> remember_binaries() { return std::make_shared<elf::Binaries>(); }

Result<std::vector<BinaryPath>> find_binaries(const std::string &name, std::span<const int> pids) {
  if (name == "*")
    return mapped_files(pids);
  if (name.find("!/") != std::string::npos)
    return find_members(name, pids);
  if (has_glob(name)) {
    auto binaries = expand_pattern(name, pids);
    if (binaries.empty())
      return Error{"find binary", fmt::format("'{}'", name), "no file matches", {}, ENOENT};
    return binaries;
  }
  // The traced processes' views come first: the file may exist only there.
  FileSet found;
  for (int pid : pids)
    if (std::string seen = path_for_process(name, pid); seen != name)
      found.add(seen, name);
  auto path = elf::resolve_binary(name);
  if (!path && found.files.empty())
    return path.error();
  if (path)
    add_as_seen(*path, pids, found);
  if (found.files.empty())
    return std::vector<BinaryPath>{{*path, *path}};  // who opens it will say what it is
  return std::move(found.files);
}

}  // namespace sonde::probes
