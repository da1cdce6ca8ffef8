// Puts an image's object into the kernel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "probes/provider.h"
#include "runtime/mapped_memory.h"
#include "runtime/run.h"
#include "runtime/small_btf.h"

struct bpf_object;
struct bpf_program;

namespace sonde::runtime {

// Programs and maps in the kernel; unloaded when it dies.
class LoadedObject {
public:
  explicit LoadedObject(bpf_object *object) : object_(object) {}
  ~LoadedObject();
  LoadedObject(const LoadedObject &) = delete;
  LoadedObject &operator=(const LoadedObject &) = delete;

  bpf_object *get() const { return object_; }
  // Null when the object has none of that name.
  bpf_program *program(const std::string &function) const;
  // -1 when the object has none of that name.
  int map_fd(const std::string &name) const;
  // Bytes of the ring buffer of that name, 0 without one.
  uint64_t ring_size(const std::string &name) const;
  // The words of image::kLossesSection as the programs see them, while this lives; null when the object has none.
  const uint64_t *loss_words() const { return reinterpret_cast<const uint64_t *>(losses_.data()); }
  // The memory of a map of the image that is a table, or of its task slots; null for others.
  uint8_t *memory(size_t map) const { return memory_[map].data(); }
  // To be called once, after loading.
  Result<void> map_memory(const image::ProgramImage &image);

private:
  Result<MappedMemory> map_section(const std::string &section, MappedMemory::Access access, std::string_view what);

  bpf_object *object_;
  MappedMemory losses_;
  std::vector<MappedMemory> memory_;  // parallel to the image's maps
};

// Parameters are filled in and the ring buffer is sized before loading.
// `types` are those that its relocations are settled by.
Result<std::unique_ptr<LoadedObject>> load_object(const image::ProgramImage &image, const SmallBtf &types,
                                                  kernel::Kernel &kernel, const RunOptions &options);

// What providers are told about the processes of a run.
probes::AttachOptions attach_options(kernel::Kernel &kernel, const RunOptions &options);

}  // namespace sonde::runtime
