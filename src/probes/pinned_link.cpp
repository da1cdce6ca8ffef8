// Makes the file, and says why it cannot be made: the kernel has one error for most of it.
#include "probes/pinned_link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace sonde::probes {
namespace {

constexpr std::string_view kDefaultFolder = "/sys/fs/bpf/";

// There is nothing to wait for: whoever reads the file runs the program.
class PinnedLink : public Attachment {
public:
  PinnedLink(bpf_link *link, std::string path, int end) : link_(link), path_(std::move(path)), end_(end) {}
  ~PinnedLink() override {
    close(end_);
    bpf_link__destroy(link_);  // closes our descriptor of it
  }
  PinnedLink(const PinnedLink &) = delete;
  PinnedLink &operator=(const PinnedLink &) = delete;
  int end_fd() const override { return end_; }
  std::string pin() const override { return path_; }

private:
  bpf_link *link_;
  std::string path_;
  int end_;
};

std::string folder_of(const std::string &path) {
  size_t slash = path.find_last_of('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What is wrong with the place, if that is what is wrong.
std::optional<Error> misplaced(const std::string &path) {
  std::string folder = folder_of(path);
  struct statfs system {};
  if (statfs(folder.c_str(), &system) != 0) {
    int error_number = errno;
    bool is_missing = error_number == ENOENT && folder + "/" != kDefaultFolder;
    return Error{"pin to", path, fmt::format("there is no folder {}", folder),
                 is_missing ? fmt::format("mkdir {}", folder) : "mount -t bpf bpf /sys/fs/bpf", error_number};
  }
  if (static_cast<unsigned long>(system.f_type) == BPF_FS_MAGIC)
    return std::nullopt;
  return Error{"pin to", path, fmt::format("{} is not in a file system for BPF objects", folder),
               folder + "/" == kDefaultFolder ? "mount -t bpf bpf /sys/fs/bpf" : "pins are made below /sys/fs/bpf",
               EPERM};
}

std::optional<Error> make_pin(const bpf_link *link, const std::string &path) {
  if (auto error = misplaced(path))
    return error;
  if (bpf_obj_pin(bpf_link__fd(link), path.c_str()) == 0)
    return std::nullopt;
  Error error = attach_error(path, errno,
                             {{EEXIST, "there is already a file of that name", "remove it, or choose another name"},
                              {EPERM, "names of pins have no '.', and it takes the right to make files there", ""}});
  error.action = "pin to";
  return error;
}

}  // namespace

std::string pin_path(std::string_view name) {
  return name.starts_with('/') ? std::string(name) : std::string(kDefaultFolder).append(name);
}

Result<Attachments> pin_link(bpf_link *link, const std::string &target, const std::string &path) {
  if (auto error = make_pin(link, path)) {
    bpf_link__destroy(link);
    return *error;
  }
  int end = eventfd(1, EFD_CLOEXEC);
  if (end < 0) {
    Error error = attach_error(target, errno, {});
    bpf_link__destroy(link);
    return error;
  }
  Attachments attachments;
  attachments.push_back(std::make_unique<PinnedLink>(link, path, end));
  return attachments;
}

}  // namespace sonde::probes
