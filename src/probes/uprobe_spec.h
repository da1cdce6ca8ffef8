// What follows "uprobe:", taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "elf/binary.h"
#include "probes/location.h"

namespace sonde::probes {

struct UprobeSpec {
  std::string binary;                   // may be a glob
  CodeLocation place;                   // its name may be a glob
  bool is_demangled = false;            // the name is one of C++ or Rust, as in the source
  std::optional<elf::SourceLine> line;  // instead of `place`
};

// `BINARY:fn`, `BINARY:fn+8`, `BINARY:0x1234`, `BINARY:cpp:"ns::fn(int)"`, `BINARY@FILE:LINE[:COLUMN]`. `whole`, with
// the provider's name in front, is what errors are about.
Result<UprobeSpec> parse_uprobe_spec(std::string_view spec, const std::string &whole);

}  // namespace sonde::probes
