// Source text → ProgramImage, through every phase; and the texts of the stages on the way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "driver/options.h"
#include "driver/read_c.h"
#include "image/program_image.h"
#include "kernel/kernel.h"

namespace sonde::driver {

struct CompileOptions {
  std::vector<std::string> parameters;  // $1 …
  std::optional<int> pid;
  bool unsafe = false;
  image::Config config;
  CHeaders headers;
  std::vector<Stage> stages;  // to print, in the chain's order; empty for all the way to the image
};

struct Compilation {
  // Nothing when the diagnostics have errors, or when the last stage to print comes before it.
  std::optional<image::ProgramImage> image;
  // Texts of the stages asked for, in the chain's order, as far as the chain got.
  std::vector<std::pair<Stage, std::string>> stage_texts;
};

// Compiles file `file` of `sources`.
Compilation compile(const Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
                    Diagnostics &diagnostics);

}  // namespace sonde::driver
