// Writes beside the file and moves it into place: whoever runs the old one goes on doing so.
#include "driver/build.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>

#include "base/arch.h"
#include "image/executable.h"
#include "image/image_file.h"

namespace sonde::driver {
namespace {

bool is_object(const std::string &path) { return path.ends_with(".o"); }
bool is_package(const std::string &path) { return path.ends_with(".json"); }

// For this kernel alone.
image::ProgramImage for_running_kernel(image::ProgramImage image) {
  utsname running{};
  uname(&running);
  image.kernel_release = running.release;
  return image;
}

Result<void> write_all(int fd, const std::string &path, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return Error::from_errno("write", path, written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::vector<uint8_t>> object_file(image::ProgramImage image) {
  return image::write_image(for_running_kernel(std::move(image)));
}

Result<void> replace_file(const std::string &path, std::span<const uint8_t> bytes, mode_t mode) {
  struct stat about {};
  bool is_file = stat(path.c_str(), &about) != 0 || S_ISREG(about.st_mode);
  std::string partial = is_file ? fmt::format("{}.{}", path, getpid()) : path;
  int fd = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0)
    return Error::from_errno("write", path, errno);
  Result<void> done = write_all(fd, path, bytes);
  close(fd);
  if (done && is_file && rename(partial.c_str(), path.c_str()) != 0)
    done = Error::from_errno("write", path, errno);
  if (!done && is_file)
    unlink(partial.c_str());
  return done;
}

Result<void> replace_file(const std::string &path, const std::string &text) {
  return replace_file(path, {reinterpret_cast<const uint8_t *>(text.data()), text.size()});
}

Result<void> write_build(const image::ProgramImage &image, const std::string &path,
                         std::span<const uint8_t> standalone) {
  if (is_package(path))
    return replace_file(path, image::write_package(for_running_kernel(image)));
  auto object = object_file(image);
  if (!object)
    return object.error();
  if (is_object(path))
    return replace_file(path, *object);
  if (image.arch != name_of(native_arch()))
    return Error{
        "write", path,
        fmt::format("an executable begins with the runtime, which is here only for {}", name_of(native_arch())),
        fmt::format("{}.bpf.o is an object, which `sonde {}.bpf.o` runs on {}", path, path, image.arch), 0};
  return replace_file(path, image::append_image(standalone, *object), 0755);
}

bool is_built(const std::string &bytes) {
  return image::is_package(bytes) || bytes.starts_with("\x7f"
                                                       "ELF");
}

Result<Built> read_built(const std::string &bytes) {
  if (image::is_package(bytes))
    return image::read_package(bytes);
  std::span file(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  auto image = image::read_image(image::appended_image(file).value_or(file));
  return image ? Result<Built>(image.take()) : image.error();
}

}  // namespace sonde::driver
