// The kernel's own type information (BTF, Documentation/bpf/btf.rst), looked through in place.
//
// vmlinux holds 100,000 and more types of which a script names a few. So nothing is parsed ahead:
// where types start is noted as far as one looks, and a Type is built when asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "types/type.h"

namespace sonde::kernel {

class Btf {
public:
  virtual ~Btf() = default;
  // As Kernel::type. "struct x", "union x" and "enum x" ask for that kind alone; a bare name is looked
  // for in this order and then among typedefs.
  virtual std::optional<Type> find_type(std::string_view name) const = 0;
  // As Kernel::type_id.
  virtual uint32_t find_type_id(std::string_view name) const = 0;
  // As Kernel::enum_with.
  virtual std::optional<Type> find_enum_with(std::string_view enumerator) const = 0;
  // The name as it stands here, of a function that is defined there (also one that is never called by address).
  virtual std::optional<std::string_view> find_function(std::string_view name) const = 0;
  // Of those, one that other objects can call (BTF of programs: the kernel's does not tell).
  virtual bool is_global_function(std::string_view name) const = 0;
  virtual uint32_t find_function_id(std::string_view name) const = 0;  // 0 when there is none
  // Names of functions, of raw tracepoints and of iterators, in no order.
  virtual std::vector<std::string_view> function_names() const = 0;
  virtual std::vector<std::string_view> raw_tracepoint_names() const = 0;
  virtual std::vector<std::string_view> iterator_names() const = 0;
  // "struct file", "union …" and "enum …" of all such types that have a name, in no order.
  virtual std::vector<std::string> type_names() const = 0;
  virtual std::optional<Prototype> function_prototype(std::string_view name) const = 0;
  // Without the first parameter, which belongs to the tracer.
  virtual std::optional<Prototype> raw_tracepoint_prototype(std::string_view event) const = 0;
};

// Maps the file where the kernel allows it (6.16 on) and reads it elsewhere. A module's BTF goes on where
// that of vmlinux ends: `base`, which must outlive it. Names of functions are then the module's own.
Result<std::unique_ptr<Btf>> open_btf(const std::string &path, const Btf *base = nullptr);
// BTF from memory, for tests; nothing when the header or a type record is damaged.
std::unique_ptr<Btf> parse_btf(std::string bytes, const Btf *base = nullptr);

}  // namespace sonde::kernel
