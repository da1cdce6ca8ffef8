#include "runtime/create_arrays.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>

#include "image/table_layout.h"
#include "image/task_slots.h"

namespace sonde::runtime {

std::string array_section(const image::MapSpec &map) {
  if (map.storage == image::MapStorage::Table)
    return image::table_section(map);
  return map.has_task_slots ? image::task_slots_section(map) : "";
}

Result<void> create_arrays(bpf_object *object, const image::ProgramImage &image) {
  for (const image::MapSpec &spec : image.maps) {
    std::string section = array_section(spec);
    bpf_map *map = section.empty() ? nullptr : bpf_object__find_map_by_name(object, section.c_str());
    if (!map)
      continue;
    bpf_map_create_opts options{};
    options.sz = sizeof options;
    options.map_flags = bpf_map__map_flags(map);
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, bpf_map__name(map), bpf_map__key_size(map), bpf_map__value_size(map),
                            bpf_map__max_entries(map), &options);
    if (fd < 0)
      return Error::from_errno("create", "the memory of " + spec.name, errno);
    int status = bpf_map__reuse_fd(map, fd);
    close(fd);  // the object has its own
    if (status != 0)
      return Error::from_errno("create", "the memory of " + spec.name, -status);
  }
  return {};
}

}  // namespace sonde::runtime
