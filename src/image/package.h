// Packages: an object and what is known of it as one JSON text. sonde writes its own (docs/built.md) and reads those of
// eunomia-bpf's compiler, which have the same outer members:
//   {"bpf_object": base64 of zlib of the object, "bpf_object_size": bytes, "meta": {…}}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"

namespace sonde::image {

// What eunomia's `meta` says, as far as it decides what a run does. Types and sections are in the object itself.
struct ForeignPackage {
  struct Program {
    std::string name;
    bool is_attached = true;  // "link"
  };
  // A struct whose values the programs send.
  struct ExportedType {
    std::string name;
    uint32_t size = 0;
  };
  std::string name;
  std::vector<uint8_t> object;
  std::vector<Program> programs = {};
  std::vector<ExportedType> exported = {};
};

std::string write_package(const ProgramImage &image);

// Whether a text can only be a package: no script starts with a brace.
bool is_package(std::string_view text);
// Refuses what is damaged, and what of a foreign package has no clear meaning here.
Result<std::variant<ProgramImage, ForeignPackage>> read_package(std::string_view text);

}  // namespace sonde::image
