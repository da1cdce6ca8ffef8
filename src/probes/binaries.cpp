// Finds binaries by path, by pattern, and as a traced process sees them.
#include "probes/binaries.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "base/text.h"
#include "elf/symbol_table.h"

namespace sonde::probes {
namespace {

bool same_file(const std::string &a, const std::string &b) {
  struct stat first, second;
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// For a traced process with a root of its own (a container), absolute paths are meant as it sees them.
std::string path_in_process(const std::string &path, const std::optional<int> &pid) {
  if (!pid || path.empty() || path[0] != '/' || path.starts_with("/proc/"))
    return path;
  std::string root = fmt::format("/proc/{}/root", *pid);
  struct stat status;
  if (same_file(root + "/", "/") || stat((root + path).c_str(), &status) != 0)
    return path;
  return root + path;
}

// Files that a pattern matches, each once however many links lead to it.
std::vector<Binary> expand_pattern(const std::string &pattern, const std::optional<int> &pid) {
  std::vector<Binary> binaries;
  std::set<std::pair<dev_t, ino_t>> seen;
  glob_t matches{};
  if (glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    for (size_t i = 0; i < matches.gl_pathc; ++i) {
      std::string path = path_in_process(matches.gl_pathv[i], pid);
      struct stat status;
      if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
          seen.insert({status.st_dev, status.st_ino}).second)
        binaries.push_back({path, matches.gl_pathv[i]});
    }
  }
  globfree(&matches);
  return binaries;
}

}  // namespace

Result<std::vector<Binary>> find_binaries(const std::string &name, const std::optional<int> &pid) {
  if (has_glob(name)) {
    auto binaries = expand_pattern(name, pid);
    if (binaries.empty())
      return Error{"find binary", fmt::format("'{}'", name), "no file matches", {}, ENOENT};
    return binaries;
  }
  // The traced process's view comes first: the file may exist only there.
  std::string seen = path_in_process(name, pid);
  if (seen != name)
    return std::vector<Binary>{{seen, name}};
  auto path = elf::resolve_binary(name);
  if (!path)
    return path.error();
  return std::vector<Binary>{{path_in_process(*path, pid), *path}};
}

}  // namespace sonde::probes
