// Compares files by device and inode number.
#include "runtime/traced_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>

namespace sonde::runtime {
namespace {

bool is_in_a_file(image::ProviderKind provider) {
  return provider == image::ProviderKind::Uprobe || provider == image::ProviderKind::Uretprobe ||
         provider == image::ProviderKind::Usdt;
}

// What lies below /proc/PID is gone with the process.
bool is_of_a_process(const std::string &path) { return path.compare(0, 6, "/proc/") == 0; }

}  // namespace

// A wildcard's thousand targets are in one file, or a few, one file after the other.
bool TracedFiles::knows(const std::string &path) const {
  for (auto file = files_.rbegin(); file != files_.rend(); ++file)
    if (file->path == path)
      return true;
  return false;
}

void TracedFiles::remember(const image::ProgramImage &image) {
  for (const image::ProgramSpec &program : image.programs)
    if (is_in_a_file(program.provider))
      for (const image::Target &target : program.targets) {
        struct stat status;
        if (!knows(target.module) && !is_of_a_process(target.module) && stat(target.module.c_str(), &status) == 0)
          files_.push_back({target.module, status.st_dev, status.st_ino});
      }
}

void TracedFiles::warn_of_replaced() const {
  for (const File &file : files_) {
    struct stat status;
    bool is_there = stat(file.path.c_str(), &status) == 0;
    if (is_there && file.device == status.st_dev && file.inode == status.st_ino)
      continue;
    fmt::print(stderr, "WARNING: {} was {} during the run: only processes that had started before were traced in it\n",
               file.path, is_there ? "replaced" : "deleted");
  }
}

}  // namespace sonde::runtime
