// Written with libbpf. What is not a member that was asked for has no more of a type than loaders compare.
#include "runtime/small_btf.h"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/btf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sonde::runtime {

void SmallBtf::add(const std::string &root, const StructLayout &layout, const std::vector<Field> &steps) {
  Node *node = &roots_[root];
  node->size = layout.size;
  node->is_union = layout.is_union;
  for (const Field &step : steps) {
    auto same_name = [&](const Field &field) { return field.name == step.name; };
    if (std::none_of(node->fields.begin(), node->fields.end(), same_name))
      node->fields.push_back(step);
    if (&step == &steps.back())
      return;
    std::unique_ptr<Node> &inner = node->inner[step.name];
    if (!inner)
      inner = std::make_unique<Node>();
    inner->size = step.type.size;
    inner->is_union = step.type.layout && step.type.layout->is_union;
    node = inner.get();
  }
}

void SmallBtf::add_type(const std::string &type) {
  size_t blank = type.find(' ');
  std::string tag = type.substr(0, blank), name = type.substr(blank + 1);
  if (tag == "enum") {
    enums_.insert(name);
    return;
  }
  auto [node, is_new] = roots_.try_emplace(name);
  if (is_new)
    node->second.is_union = tag == "union";
}

class SmallBtf::Writer {
public:
  explicit Writer(btf *types) : types_(types) {}

  // Returns the type's number, or less than 0. Types stand in front of those that hold them.
  int add(const std::string &name, const Node &node) {
    std::vector<int> ids;
    for (const Field &field : node.fields) {
      auto inner = node.inner.find(field.name);
      ids.push_back(inner == node.inner.end() ? type_of(field.type) : add("", *inner->second));
    }
    int id = node.is_union ? btf__add_union(types_, name.c_str(), node.size)
                           : btf__add_struct(types_, name.c_str(), node.size);
    for (size_t i = 0; i < node.fields.size(); ++i) {
      const Field &field = node.fields[i];
      int status =
          btf__add_field(types_, field.name.c_str(), ids[i], field.offset * 8 + field.bit_offset, field.bit_width);
      if (ids[i] < 0 || status < 0)
        return -1;
    }
    return id;
  }

private:
  int integer(uint32_t size, bool is_signed) {
    return btf__add_int(types_, fmt::format("{}{}", is_signed ? "s" : "u", size * 8).c_str(), size,
                        is_signed ? BTF_INT_SIGNED : 0);
  }

  int type_of(const Type &type) {
    switch (type.kind) {
    case TypeKind::Pointer: return btf__add_ptr(types_, 0);
    case TypeKind::Struct: return btf__add_struct(types_, "", type.size);
    case TypeKind::Enum: return btf__add_enum(types_, "", type.size);
    case TypeKind::Array: {
      int element = type_of(*type.element), index = integer(4, false);
      return element < 0 ? element : btf__add_array(types_, index, element, type.count);
    }
    default: return integer(std::max(type.size, 1u), type.is_signed);
    }
  }

  btf *types_;
};

SmallBtf::File::~File() {
  if (fd_ >= 0)
    close(fd_);
}

Result<void> SmallBtf::File::write(const SmallBtf &small) {
  if (small.is_empty())
    return {};
  std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  Writer writer(types.get());
  for (const auto &[name, node] : small.roots_)
    if (writer.add(name, node) < 0)
      return Error::from_errno("describe", "struct " + name, errno);
  for (const std::string &name : small.enums_)
    if (btf__add_enum(types.get(), name.c_str(), 4) < 0)
      return Error::from_errno("describe", "enum " + name, errno);
  uint32_t size = 0;
  const void *bytes = btf__raw_data(types.get(), &size);
  fd_ = bytes ? memfd_create("types", MFD_CLOEXEC) : -1;
  if (fd_ < 0 || ::write(fd_, bytes, size) != static_cast<ssize_t>(size))
    return Error::from_errno("make", "a file in memory", errno);
  path_ = fmt::format("/proc/self/fd/{}", fd_);
  return {};
}

}  // namespace sonde::runtime
