// Packets as files that tcpdump and Wireshark read: pcap with nanoseconds, each packet beginning with its IP header.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "image/program_image.h"
#include "runtime/output.h"
#include "runtime/signals.h"

namespace sonde::runtime {

class PacketFiles {
public:
  // Makes the files that the events of an image name, in the working directory; they are there before any packet.
  static Result<std::unique_ptr<PacketFiles>> create(const image::ProgramImage &image, Signals *signals);
  ~PacketFiles();
  PacketFiles(const PacketFiles &) = delete;
  PacketFiles &operator=(const PacketFiles &) = delete;

  void add(const std::string &path, int64_t wall_ns, std::string_view bytes);
  void flush();
  // What writing ran into, if anything.
  Result<void> state() const;

private:
  struct File {
    int fd;
    Output output;
  };
  PacketFiles() = default;
  Result<void> create_file(const std::string &path, Signals *signals);

  std::map<std::string, File> files_;
};

}  // namespace sonde::runtime
