// Reads stacks out of the kernel's stack-trace maps.
#include "runtime/stacks.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>

#include "types/stack.h"

namespace sonde::runtime {
namespace {

class KernelStacks : public Stacks {
public:
  explicit KernelStacks(std::function<int(const std::string &)> find_map) : find_map_(std::move(find_map)) {}

  std::vector<Frame> frames(const Type &type, uint64_t value) override {
    auto low = static_cast<uint32_t>(value);
    if (static_cast<int32_t>(low) < 0)
      return {};
    uint32_t id = low & ~kInSecondMap;
    int map = find_map_(stack_map_name(type, (low & kInSecondMap) != 0));
    std::vector<uint8_t> bytes(size_t{stack_frame_size(type)} * type.count);
    if (map < 0 || bpf_map_lookup_elem(map, &id, bytes.data()) != 0)
      return {};
    return frames_of(type, bytes.data());
  }

private:
  std::function<int(const std::string &)> find_map_;
};

Frame frame_with_build_id(const uint8_t *bytes) {
  bpf_stack_build_id from;
  std::memcpy(&from, bytes, sizeof from);
  Frame frame;
  frame.has_build_id = from.status == BPF_STACK_BUILD_ID_VALID;
  frame.address = frame.has_build_id ? from.offset : from.ip;
  std::copy(std::begin(from.build_id), std::end(from.build_id), frame.build_id.begin());
  return frame;
}

}  // namespace

std::vector<Frame> frames_of(const Type &type, const uint8_t *value) {
  std::vector<Frame> frames;
  for (uint32_t i = 0; i < type.count; ++i) {
    const uint8_t *bytes = value + size_t{i} * stack_frame_size(type);
    Frame frame;
    if (type.stack_mode == StackMode::BuildId)
      frame = frame_with_build_id(bytes);
    else
      std::memcpy(&frame.address, bytes, sizeof frame.address);
    if (frame.address == 0 && !frame.has_build_id)
      break;
    frames.push_back(frame);
  }
  return frames;
}

std::unique_ptr<Stacks> open_kernel_stacks(std::function<int(const std::string &)> find_map) {
  return std::make_unique<KernelStacks>(std::move(find_map));
}

}  // namespace sonde::runtime
