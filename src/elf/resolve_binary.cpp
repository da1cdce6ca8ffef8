// Finds the file that a binary's or a library's name stands for.
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>

#include "base/read_file.h"
#include "base/text.h"
#include "elf/library_cache.h"
#include "elf/symbol_table.h"

namespace sonde::elf {
namespace {

bool is_regular_file(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::optional<std::string> find_in_path(const std::string &name) {
  const char *path = std::getenv("PATH");
  for (std::string_view directory : split(path ? path : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", ':')) {
    std::string candidate = std::string(directory.empty() ? "." : directory) + "/" + name;
    if (is_regular_file(candidate) && access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

// The file in `directory` that is the library: the name itself, or with ".so" and any version.
std::optional<std::string> find_in_directory(const std::string &directory, const std::string &name) {
  for (const std::string &pattern : {directory + "/" + name, directory + "/" + name + ".so*"}) {
    glob_t matches{};
    std::optional<std::string> found;
    if (glob(pattern.c_str(), 0, nullptr, &matches) == 0)
      for (size_t i = 0; i < matches.gl_pathc && !found; ++i)
        if (is_regular_file(matches.gl_pathv[i]))
          found = matches.gl_pathv[i];
    globfree(&matches);
    if (found)
      return found;
  }
  return std::nullopt;
}

std::optional<std::string> find_library(const std::string &name) {
  if (auto cache = read_file("/etc/ld.so.cache"))
    if (auto path = find_in_library_cache(*cache, name); path && is_regular_file(*path))
      return path;
#if defined(__x86_64__)
  const char *multiarch = "x86_64-linux-gnu";
#else
  const char *multiarch = "aarch64-linux-gnu";
#endif
  for (std::string directory :
       {std::string("/lib/") + multiarch, std::string("/usr/lib/") + multiarch, std::string("/lib64"),
        std::string("/usr/lib64"), std::string("/lib"), std::string("/usr/lib"), std::string("/usr/local/lib")})
    if (auto path = find_in_directory(directory, name))
      return path;
  return std::nullopt;
}

}  // namespace

Result<std::string> resolve_binary(std::string_view name) {
  std::string text(name);
  if (text.find('/') != std::string::npos) {
    if (access(text.c_str(), F_OK) == 0)
      return text;
    return Error::from_errno("find binary", "'" + text + "'", errno);
  }
  if (text.empty())
    return Error{"find binary", "''", "the name is empty", {}, ENOENT};
  if (auto path = find_in_path(text))
    return *path;
  if (auto path = find_library(text))
    return *path;
  Error error{
      "find binary", "'" + text + "'", "it is neither a program in PATH nor a library of the loader", {}, ENOENT};
  if (is_regular_file(text))
    error.hint = "for the file here, write './" + text + "'";
  return error;
}

}  // namespace sonde::elf
