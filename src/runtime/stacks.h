// The frames behind stacks: what the kernel keeps in stack-trace maps.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "types/type.h"

namespace sonde::runtime {

struct Frame {
  uint64_t address = 0;  // in a file with a build id: the offset in that file
  bool has_build_id = false;
  std::array<uint8_t, 20> build_id{};
};

class Stacks {
public:
  virtual ~Stacks() = default;
  // Innermost first; none when there was no stack to walk.
  virtual std::vector<Frame> frames(const Type &type, uint64_t value) = 0;
};

// `find_map` gives the descriptor of the object's map of that name, or -1.
std::unique_ptr<Stacks> open_kernel_stacks(std::function<int(const std::string &)> find_map);

// The frames in a stack-trace map's value, which ends with the first that is empty.
std::vector<Frame> frames_of(const Type &type, const uint8_t *value);

}  // namespace sonde::runtime
