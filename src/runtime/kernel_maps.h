// The maps of a loaded object, through the bpf system call.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "image/program_image.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

// `fds`: one per map of the image, in its order; they outlive the store.
std::unique_ptr<MapStore> open_kernel_maps(const image::ProgramImage &image, std::vector<int> fds,
                                           uint32_t possible_cpus);

}  // namespace sonde::runtime
