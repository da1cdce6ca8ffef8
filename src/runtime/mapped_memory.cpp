#include "runtime/mapped_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace sonde::runtime {

Result<MappedMemory> MappedMemory::open(int map_fd, size_t size, Access access, std::string_view what) {
  int protection = access == Access::Read ? PROT_READ : PROT_READ | PROT_WRITE;
  void *data = mmap(nullptr, size, protection, MAP_SHARED, map_fd, 0);
  if (data == MAP_FAILED)
    return Error::from_errno("map", std::string(what), errno);
  MappedMemory memory;
  memory.data_ = static_cast<uint8_t *>(data);
  memory.size_ = size;
  return memory;
}

MappedMemory::MappedMemory(MappedMemory &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedMemory &MappedMemory::operator=(MappedMemory &&other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedMemory::~MappedMemory() {
  if (data_)
    munmap(data_, size_);
}

}  // namespace sonde::runtime
