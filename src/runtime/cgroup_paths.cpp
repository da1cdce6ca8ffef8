// Finds cgroups by id: the inode of their folder in a mounted hierarchy.
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/read_file.h"
#include "base/text.h"
#include "runtime/format_names.h"

namespace sonde::runtime {
namespace {

namespace fs = std::filesystem;

struct Hierarchy {
  std::string name;
  std::string mounted_at;
};

// Version 2, always called "unified", comes first. The others go by the folder that they are mounted at, in the order
// of their names: mounts come in another order on each machine.
std::vector<Hierarchy> mounted_hierarchies() {
  std::vector<Hierarchy> unified, others;
  auto mounts = read_file("/proc/self/mounts");
  for (std::string_view line : split(mounts ? std::string_view(*mounts) : "", '\n')) {
    // device path type options …
    std::vector<std::string_view> words = split_words(line);
    if (words.size() < 3)
      continue;
    std::string path(words[1]);
    if (words[2] == "cgroup2")
      unified.push_back({"unified", path});
    else if (words[2] == "cgroup")
      others.push_back({fs::path(path).filename(), path});
  }
  std::sort(others.begin(), others.end(), [](const Hierarchy &a, const Hierarchy &b) { return a.name < b.name; });
  unified.insert(unified.end(), others.begin(), others.end());
  return unified;
}

bool has_inode(const fs::path &path, uint64_t inode) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && status.st_ino == inode;
}

// The folder of that inode as seen from the mount, or nothing.
std::string find_path(const Hierarchy &hierarchy, uint64_t id) {
  if (has_inode(hierarchy.mounted_at, id))
    return "/";
  std::error_code ignored;
  fs::recursive_directory_iterator walk(hierarchy.mounted_at, fs::directory_options::skip_permission_denied, ignored);
  for (; walk != fs::recursive_directory_iterator(); walk.increment(ignored))
    if (walk->is_directory(ignored) && has_inode(walk->path(), id))
      return walk->path().string().substr(hierarchy.mounted_at.size());
  return {};
}

std::string look_up(uint64_t id, const std::string &filter) {
  std::string paths;
  for (const Hierarchy &hierarchy : mounted_hierarchies()) {
    if (!filter.empty() && fnmatch(filter.c_str(), hierarchy.name.c_str(), 0) != 0)
      continue;
    std::string path = find_path(hierarchy, id);
    if (!path.empty())
      paths += (paths.empty() ? "" : ",") + hierarchy.name + ":" + path;
  }
  return paths;
}

}  // namespace

void append_cgroup_paths(std::string &out, uint64_t id, const std::string &filter) {
  static std::map<std::pair<uint64_t, std::string>, std::string> known;
  auto [entry, is_new] = known.try_emplace({id, filter});
  if (is_new || entry->second.empty())
    entry->second = look_up(id, filter);
  out += entry->second;
}

}  // namespace sonde::runtime
