// The programs and libraries that a run has probes in, and whether they are still the files of their names.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "image/program_image.h"

namespace sonde::runtime {

class TracedFiles {
public:
  // Looks at each file as it is attached to.
  void remember(const image::ProgramImage &image);
  // Says on stderr which have been replaced or deleted since: the kernel's probes stay in the old file, which only
  // processes that already ran it still run.
  void warn_of_replaced() const;

private:
  struct File {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  bool knows(const std::string &path) const;

  std::vector<File> files_;
};

}  // namespace sonde::runtime
