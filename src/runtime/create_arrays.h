// The arrays of maps that programs go through by themselves: tables and task slots.
#pragma once

#include <string>

#include "base/result.h"
#include "image/program_image.h"

struct bpf_object;

namespace sonde::runtime {

// The section of the object that holds the map's array; empty when it has none.
std::string array_section(const image::MapSpec &map);

// Creates those of all maps and gives them to the object, which is open and not yet loaded. libbpf would write zeros
// over the kernel's, from pages that it fills for that: 2 ms for each MiB.
Result<void> create_arrays(bpf_object *object, const image::ProgramImage &image);

}  // namespace sonde::runtime
