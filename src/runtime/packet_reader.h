// Reads the records of packets, which come in a buffer for each CPU.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "image/program_image.h"

struct perf_buffer;

namespace sonde::runtime {

class PacketReader {
public:
  using Use = std::function<void(const uint8_t *record, uint32_t size)>;

  // `use` gets records that are whole, with the packets behind them.
  static Result<std::unique_ptr<PacketReader>> open(const image::ProgramImage &image, int map_fd, Use use);
  ~PacketReader();
  PacketReader(const PacketReader &) = delete;
  PacketReader &operator=(const PacketReader &) = delete;

  // Readable when there are packets.
  int fd() const;
  // Reads all that there is.
  void read();

private:
  PacketReader(const image::ProgramImage &image, Use use) : image_(image), use_(std::move(use)) {}
  void take(const uint8_t *data, uint32_t size) const;

  const image::ProgramImage &image_;
  Use use_;
  perf_buffer *buffers_ = nullptr;
};

}  // namespace sonde::runtime
