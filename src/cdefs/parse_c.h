// C in a script → types and constants: the preamble's structs, unions, enums, typedefs, #defines and
// what its #includes bring.
//
// Clang's library is opened by the first call and never by anything else: a script without C does not
// pay for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/arch.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "types/type.h"

namespace sonde::cdefs {

struct Options {
  std::vector<std::string> include_folders;  // -I, searched first, in this order
  std::vector<std::string> include_files;    // --include, as if included before the script's first line
  std::string script_folder;                 // where #include "x.h" looks first; empty: the working directory

  // Kernel source tree and build tree (BPFTRACE_KERNEL_SOURCE, BPFTRACE_KERNEL_BUILD). Absent: those
  // of /lib/modules/RELEASE, where installed.
  std::optional<std::string> kernel_source;
  std::optional<std::string> kernel_build;

  Arch arch = native_arch();  // by whose rules types are laid out

  // Defines BPFTRACE_HAVE_BTF, and lets BTF stand in for headers of the kernel that are not there.
  bool kernel_has_btf = false;
  // A type of the running kernel by C name ("struct path", "enum x", "atomic_t"), for C that uses one
  // without defining it. Needed for members by value only; may be empty.
  std::function<std::optional<Type>(const std::string &name)> kernel_type;

  // The identifiers that the script uses: macros of other names are not evaluated. Absent: all are,
  // which takes a while for big headers.
  std::optional<std::set<std::string>> used_names;
};

// A macro's value; uint64_t only where int64_t cannot hold it.
using Constant = std::variant<int64_t, uint64_t, std::string>;

struct EnumConstant {
  int64_t value = 0;
  std::string type;  // C name of its enum, "enum e"; empty for enums without a name
};

struct Definitions {
  // By C name: "struct sockaddr", "union u", "enum e", and typedefs without a prefix ("pid_t").
  //
  // A struct that is a member by value has its layout, one behind a pointer only its name. So has
  // one that kernel_type() answered for: ask the kernel. An anonymous struct behind a typedef bears
  // the typedef's name. Pointers have AddressSpace::None: a member's is that of the struct it is in.
  std::map<std::string, Type> types;
  std::map<std::string, EnumConstant> enumerators;
  // Object-like macros whose body is an integer constant expression or a string.
  std::map<std::string, Constant> macros;
  // Other object-like macros of the script itself (not of headers), with their body's text: what
  // they mean is for the script's own grammar to say.
  std::map<std::string, std::string> macro_texts;

  // The type that a script calls `name`: with its tag, or without ("sockaddr" finds "struct
  // sockaddr" where there is no such typedef). Null when C did not define it.
  const Type *find(const std::string &name) const;
};

// Reads `text`, of which byte i is byte where.begin + i of the script. Reports every error at its
// place in the script; those inside a header at the #include that leads there. What could be read
// in spite of errors is returned.
Definitions parse_c(std::string_view text, Location where, const Options &options, Diagnostics &diagnostics);

}  // namespace sonde::cdefs
