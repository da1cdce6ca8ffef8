// Whether the numbers in an image fit together. The runtime reads records and map values by these
// offsets and sizes without asking again.
#include <fmt/format.h>

#include "image/metadata.h"
#include "types/histogram.h"
#include "types/stack.h"
#include "types/time_series.h"

namespace sonde::image::metadata {
namespace {

constexpr int kMaxDepth = 64;
constexpr uint32_t kMaxLinearBuckets = 1 << 20;

bool is_machine_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

std::string type_fault(const Type &type, int depth);

std::string layout_fault(const Type &type, int depth) {
  if (!type.layout)
    return type.kind == TypeKind::Tuple ? "a tuple without fields" : "";
  for (const Field &field : type.layout->fields) {
    if (std::string fault = type_fault(field.type, depth + 1); !fault.empty())
      return fault;
    if (uint64_t{field.offset} + field.type.size > type.size)
      return fmt::format("field '{}' lies outside its {}", field.name, to_string(type));
  }
  return {};
}

std::string array_fault(const Type &type, int depth) {
  if (!type.element)
    return "an array of nothing";
  if (std::string fault = type_fault(*type.element, depth + 1); !fault.empty())
    return fault;
  return uint64_t{type.element->size} * type.count == type.size ? "" : "an array whose elements do not fill it";
}

bool lhist_fits(const Type &type) {
  const LinearBuckets &linear = type.linear;
  if (linear.step <= 0 || linear.max <= linear.min)
    return false;
  uint64_t span = static_cast<uint64_t>(linear.max) - static_cast<uint64_t>(linear.min);
  return span / static_cast<uint64_t>(linear.step) < kMaxLinearBuckets && type.size == linear.count() * 8;
}

bool series_fits(const Type &type) {
  const TimeSeries &series = type.series;
  return series.interval_ns > 0 && series.count > 0 && series.count <= kMaxSeriesIntervals &&
         type.size == series.count * kSeriesSlotSize;
}

bool size_fits(const Type &type) {
  switch (type.kind) {
  case TypeKind::None: return true;
  case TypeKind::Bool: return type.size == 1;
  case TypeKind::Integer: return is_machine_size(type.size);
  case TypeKind::Enum: return is_machine_size(type.size);
  case TypeKind::String: return type.size > 0;
  case TypeKind::Buffer: return type.size >= 4;
  case TypeKind::Pointer:
  case TypeKind::Count:
  case TypeKind::Sum:
  case TypeKind::Timestamp:
  case TypeKind::KernelSymbol:
  case TypeKind::ErrorName:
  case TypeKind::SignalName:
  case TypeKind::SyscallName:
  case TypeKind::UserName:
  case TypeKind::CgroupPath:
  case TypeKind::ProbeName: return type.size == 8;
  case TypeKind::Inet: return type.size == 20;
  case TypeKind::MacAddress: return type.size == 6;
  case TypeKind::KernelStack:
  case TypeKind::UserStack: return type.size == 8 && type.count > 0 && type.count <= kMaxStackFrames;
  case TypeKind::Min:
  case TypeKind::Max:
  case TypeKind::Avg:
  case TypeKind::Stats:
  case TypeKind::UserSymbol: return type.size == 16;
  case TypeKind::Hist: return type.count <= kMaxHistBits && type.size == 8 * hist_bucket_count(type.count);
  case TypeKind::Lhist: return lhist_fits(type);
  case TypeKind::Series: return series_fits(type);
  case TypeKind::Array:
  case TypeKind::Struct:
  case TypeKind::Tuple: return true;
  }
  return false;
}

std::string type_fault(const Type &type, int depth) {
  if (depth > kMaxDepth)
    return "a type nested too deeply";
  if (!size_fits(type))
    return fmt::format("a {} of {} bytes", to_string(type), type.size);
  if (type.kind == TypeKind::Array)
    return array_fault(type, depth);
  if (type.kind == TypeKind::Struct || type.kind == TypeKind::Tuple)
    return layout_fault(type, depth);
  return {};
}

std::string program_fault(const ProgramImage &image, const ProgramSpec &program) {
  if (program.function.empty())
    return "it has no name";
  for (const Target &target : program.targets)
    if (program.needs_cookie && target.name_index >= image.probe_names.size())
      return fmt::format("target '{}' has no probe name", target.name);
  return {};
}

std::string map_fault(const MapSpec &map) {
  if (map.bpf_name.empty())
    return "it has no name in the object";
  if (map.value.size == 0)
    return "its values have no size";
  std::string fault = type_fault(map.key, 0);
  return fault.empty() ? type_fault(map.value, 0) : fault;
}

bool takes_map(EventKind kind) {
  return kind == EventKind::PrintMap || kind == EventKind::PrintMapEntry || kind == EventKind::ClearMap ||
         kind == EventKind::ZeroMap;
}

size_t fewest_fields(EventKind kind) {
  if (kind == EventKind::Packet)
    return 3;
  return kind == EventKind::PrintMapEntry || kind == EventKind::PrintValue || kind == EventKind::Join ||
                 kind == EventKind::Unwatch
             ? 1
             : 0;
}

// A record without the value has the key as the map has it: the runtime looks it up.
bool is_key_of_map(const ProgramImage &image, const EventSpec &event) {
  const Type &key = image.maps[*event.map].key;
  return key.is_none() || event.fields[0].type.size >= key.size;
}

std::string event_fault(const ProgramImage &image, const EventSpec &event) {
  uint32_t header = EventSpec::header_size(event.kind, image.is_stamped);
  if (event.size < header)
    return "its record is smaller than the header";
  if (event.map ? *event.map >= image.maps.size() : takes_map(event.kind))
    return "it names a map that is not there";
  if (event.divisor == 0)
    return "its divisor is zero";
  if (event.fields.size() < fewest_fields(event.kind))
    return "it lacks fields";
  if (event.kind == EventKind::PrintMapEntry && event.fields.size() == 1 && !is_key_of_map(image, event))
    return "its key is smaller than the map's";
  for (const EventField &field : event.fields) {
    if (std::string fault = type_fault(field.type, 0); !fault.empty())
      return fault;
    if (field.offset < header || uint64_t{field.offset} + field.type.size > event.size)
      return "a field lies outside its record";
  }
  return {};
}

}  // namespace

std::string find_fault(const ProgramImage &image) {
  for (size_t i = 0; i < image.programs.size(); ++i)
    if (std::string fault = program_fault(image, image.programs[i]); !fault.empty())
      return fmt::format("programs[{}]: {}", i, fault);
  for (size_t i = 0; i < image.maps.size(); ++i)
    if (std::string fault = map_fault(image.maps[i]); !fault.empty())
      return fmt::format("maps[{}]: {}", i, fault);
  for (size_t i = 0; i < image.events.size(); ++i)
    if (std::string fault = event_fault(image, image.events[i]); !fault.empty())
      return fmt::format("events[{}]: {}", i, fault);
  for (size_t i = 0; i < image.attach_points.size(); ++i)
    for (uint32_t program : image.attach_points[i].programs)
      if (program >= image.programs.size() || image.programs[program].targets.empty())
        return fmt::format("attach_points[{}]: it names a program that is not there", i);
  for (size_t i = 0; i < image.failure_sites.size(); ++i) {
    const FailureSite &site = image.failure_sites[i];
    if (site.program >= image.programs.size() || (site.map && *site.map >= image.maps.size()))
      return fmt::format("failure_sites[{}]: it names a program or a map that is not there", i);
  }
  return {};
}

}  // namespace sonde::image::metadata
