// The file format is libpcap's (pcap-savefile(5)): a header, then each packet behind a header of its own, all in the
// byte order of who wrote it.
#include "runtime/packet_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/actions.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kMostBytes = 262144;  // more than that readers take for damage

struct FileHeader {
  uint32_t magic = 0xa1b23c4d;  // with nanoseconds
  uint16_t major = 2, minor = 4;
  uint32_t reserved[2] = {};
  uint32_t most_bytes = kMostBytes;
  uint32_t link_type = 101;  // LINKTYPE_RAW: IPv4 or IPv6, as the first byte says
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
  uint32_t seconds;
  uint32_t nanoseconds;
  uint32_t bytes;      // in the file
  uint32_t all_bytes;  // of the packet
};
static_assert(sizeof(PacketHeader) == 16);

template <typename Header> std::string_view bytes_of(const Header &header) {
  return {reinterpret_cast<const char *>(&header), sizeof header};
}

}  // namespace

Result<std::unique_ptr<PacketFiles>> PacketFiles::create(const image::ProgramImage &image, Signals *signals) {
  std::unique_ptr<PacketFiles> files(new PacketFiles);
  for (const image::EventSpec &event : image.events)
    if (event.kind == image::EventKind::Packet && !files->files_.contains(event.format))
      if (auto done = files->create_file(event.format, signals); !done)
        return done.error();
  files->flush();
  return files;
}

Result<void> PacketFiles::create_file(const std::string &path, Signals *signals) {
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
  if (fd < 0)
    return Error::from_errno("create", path, errno);
  auto [place, is_new] = files_.emplace(path, File{fd, Output(fd, signals)});
  place->second.output.text() += bytes_of(FileHeader());
  return {};
}

PacketFiles::~PacketFiles() {
  for (const auto &[path, file] : files_)
    close(file.fd);
}

void PacketFiles::add(const std::string &path, int64_t wall_ns, std::string_view bytes) {
  auto found = files_.find(path);
  if (found == files_.end())
    return;
  auto size = static_cast<uint32_t>(std::min(bytes.size(), kMostBytes));
  PacketHeader header{static_cast<uint32_t>(wall_ns / kSecond), static_cast<uint32_t>(wall_ns % kSecond), size,
                      static_cast<uint32_t>(bytes.size())};
  Output &output = found->second.output;
  output.text() += bytes_of(header);
  output.text() += bytes.substr(0, size);
  output.flush_if_full();
}

void PacketFiles::flush() {
  for (auto &[path, file] : files_)
    file.output.flush();
}

Result<void> PacketFiles::state() const {
  for (const auto &[path, file] : files_)
    if (file.output.is_broken())
      return Error::from_errno("write", path, file.output.error().error_number);
  return {};
}

// The packet lies behind the record; that all of it is there is checked where it is read.
void write_packet(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  auto field = [&](size_t i) {
    return static_cast<uint64_t>(load_integer(event.fields[i].type, record + event.fields[i].offset));
  };
  if (!state.packets)
    return;
  std::string_view packet(reinterpret_cast<const char *>(record) + event.size, field(2));
  auto time_ns = state.around.clock.boot_epoch_ns + static_cast<int64_t>(field(0));
  state.packets->add(event.format, time_ns, packet.substr(std::min<uint64_t>(field(1), packet.size())));
}

}  // namespace sonde::runtime
