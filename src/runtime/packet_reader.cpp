// libbpf reads the buffers; here records are checked.
#include "runtime/packet_reader.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "runtime/actions.h"

namespace sonde::runtime {
namespace {

// For each CPU: some dozens of the largest packets.
constexpr uint64_t kDefaultPages = 1024;

}  // namespace

Result<std::unique_ptr<PacketReader>> PacketReader::open(const image::ProgramImage &image, int map_fd, Use use) {
  std::unique_ptr<PacketReader> reader(new PacketReader(image, std::move(use)));
  auto take = [](void *context, int, void *data, __u32 size) {
    static_cast<const PacketReader *>(context)->take(static_cast<const uint8_t *>(data), size);
  };
  uint64_t pages = image.config.perf_rb_pages ? std::bit_ceil(image.config.perf_rb_pages) : kDefaultPages;
  // What finds no room is counted by the program that sends it.
  auto ignore = [](void *, int, __u64) {};
  reader->buffers_ = perf_buffer__new(map_fd, pages, take, ignore, reader.get(), nullptr);
  if (!reader->buffers_)
    return Error::from_errno("open", "the buffers of packets", errno);
  return reader;
}

PacketReader::~PacketReader() { perf_buffer__free(buffers_); }

int PacketReader::fd() const { return perf_buffer__epoll_fd(buffers_); }

void PacketReader::read() { perf_buffer__consume(buffers_); }

void PacketReader::take(const uint8_t *data, uint32_t size) const {
  const image::EventSpec *event = event_of(image_, data, size);
  if (!event || event->kind != image::EventKind::Packet)
    return;
  uint32_t bytes = 0;
  std::memcpy(&bytes, data + event->fields[2].offset, sizeof bytes);
  if (bytes <= size - event->size)
    use_(data, size);
}

}  // namespace sonde::runtime
