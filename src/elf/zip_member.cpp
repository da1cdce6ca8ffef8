// Looks members up through minizip.
#include "elf/zip_member.h"

#include <fmt/format.h>
#include <unistd.h>
#include <unzip.h>

#include <cerrno>

namespace sonde::elf {
namespace {

constexpr const char *kAction = "read symbols of";
constexpr int kIsCaseSensitive = 1;

class Archive {
public:
  explicit Archive(const std::string &path) : file_(unzOpen64(path.c_str())) {}
  ~Archive() {
    if (file_)
      unzClose(file_);
  }
  Archive(const Archive &) = delete;
  Archive &operator=(const Archive &) = delete;
  unzFile get() const { return file_; }

private:
  unzFile file_;
};

}  // namespace

std::optional<ZipPath> split_zip_path(const std::string &path) {
  size_t mark = path.find("!/");
  if (mark == std::string::npos)
    return std::nullopt;
  return ZipPath{path.substr(0, mark), path.substr(mark + 2)};
}

Result<ZipMember> find_zip_member(const ZipPath &path) {
  if (access(path.archive.c_str(), R_OK) != 0)
    return Error::from_errno(kAction, path.archive, errno);
  Archive archive(path.archive);
  if (!archive.get())
    return Error{kAction, path.archive, "it is not a zip archive", {}};
  if (unzLocateFile(archive.get(), path.member.c_str(), kIsCaseSensitive) != UNZ_OK)
    return Error{kAction, path.archive, fmt::format("it holds no '{}'", path.member), "unzip -l lists what it holds",
                 ENOENT};
  unz_file_info64 info;
  int method = 0;
  constexpr int kRaw = 1;
  if (unzGetCurrentFileInfo64(archive.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK ||
      unzOpenCurrentFile2(archive.get(), &method, nullptr, kRaw) != UNZ_OK)
    return Error{kAction, path.archive, "its directory is damaged", {}};
  ZipMember member{unzGetCurrentFileZStreamPos64(archive.get()), info.uncompressed_size};
  unzCloseCurrentFile(archive.get());
  std::string name = path.archive + "!/" + path.member;
  if (method != 0)
    return Error{kAction, name, "it is compressed, so no process can run it from there",
                 "programs run a copy of it: name that"};
  if (member.offset % static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) != 0)
    return Error{kAction, name, "it does not start at a page, so no process can run it from there", {}};
  return member;
}

}  // namespace sonde::elf
