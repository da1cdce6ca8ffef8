// The few types of the kernel that an object's relocations name, as BTF of their own: libbpf takes 20 ms to read all
// of the kernel's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/type.h"

namespace sonde::runtime {

class SmallBtf {
public:
  // A field of a struct or union and its way there, through members whose types have no name of their own; each step
  // as the kernel has it.
  void add(const std::string &root, const StructLayout &layout, const std::vector<Field> &steps);
  // "struct NAME", "union NAME" or "enum NAME", of which only that it is there matters.
  void add_type(const std::string &type);
  // Relocations ask for types that this kernel may not have: the file is made, whatever is in it.
  void expect() { is_expected_ = true; }
  bool is_empty() const { return roots_.empty() && enums_.empty() && !is_expected_; }

  // A file in memory with the types, for as long as this lives.
  class File {
  public:
    File() = default;
    ~File();
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    Result<void> write(const SmallBtf &types);
    // By which libbpf opens it; null when there are no types.
    const char *path() const { return path_.empty() ? nullptr : path_.c_str(); }

  private:
    int fd_ = -1;
    std::string path_;
  };

private:
  struct Node {
    uint32_t size = 0;
    bool is_union = false;
    std::vector<Field> fields;
    std::map<std::string, std::unique_ptr<Node>> inner;  // of fields, by name
  };
  class Writer;
  std::map<std::string, Node> roots_;
  std::set<std::string> enums_;
  bool is_expected_ = false;
};

}  // namespace sonde::runtime
