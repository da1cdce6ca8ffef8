// Files inside zip archives: Android's and others' packages map their libraries from there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace sonde::elf {

// "PATH!/MEMBER" taken apart.
struct ZipPath {
  std::string archive;
  std::string member;
};
std::optional<ZipPath> split_zip_path(const std::string &path);

struct ZipMember {
  uint64_t offset = 0;  // of its bytes in the archive
  uint64_t size = 0;
};

// Errors: not an archive, no such member, a member that is compressed or does not start at a page, which
// therefore cannot be mapped.
Result<ZipMember> find_zip_member(const ZipPath &path);

}  // namespace sonde::elf
