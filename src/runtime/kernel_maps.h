// The maps of a loaded object, through the bpf system call.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "image/program_image.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

// One per map of the image, in its order: its descriptor, and the memory of a table or of task slots. They outlive
// the store.
struct KernelMap {
  int fd = -1;
  uint8_t *memory = nullptr;
};
std::unique_ptr<MapStore> open_kernel_maps(const image::ProgramImage &image, const std::vector<KernelMap> &maps,
                                           uint32_t possible_cpus);

}  // namespace sonde::runtime
