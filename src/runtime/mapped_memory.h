// The memory of an array map, as programs see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sonde::runtime {

// Mapped while it lives.
class MappedMemory {
public:
  enum class Access : uint8_t { Read, ReadWrite };

  // `size`: bytes of the one value of the map. `what` is for messages: "the counters of losses".
  static Result<MappedMemory> open(int map_fd, size_t size, Access access, std::string_view what);

  MappedMemory() = default;
  MappedMemory(MappedMemory &&other) noexcept;
  MappedMemory &operator=(MappedMemory &&other) noexcept;
  ~MappedMemory();

  // Null for one that was not opened.
  uint8_t *data() const { return data_; }

private:
  uint8_t *data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sonde::runtime
