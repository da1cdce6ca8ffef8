// Source text → ProgramImage, through every phase; and the texts of the stages on the way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "driver/options.h"
#include "driver/read_c.h"
#include "driver/script_options.h"
#include "image/program_image.h"
#include "kernel/kernel.h"

namespace sonde::driver {

struct CompileOptions {
  std::vector<std::string> parameters;    // $1 …
  std::vector<image::GivenOption> given;  // --name=value of the script
  bool wants_options_help = false;        // stop once the script's options are known
  std::vector<int> pids;
  bool unsafe = false;
  image::Config config;
  CHeaders headers;
  bool keeps_ir = false;       // in Compilation
  std::vector<Stage> stages;   // to print, in the chain's order; empty for all the way to the image
  bool stamp_records = false;  // for output that tells the origin of records or sorts them
  bool count_failed_reads = false;
  image::Scope scope = {};
  std::string command = {};       // the program of -c
  bool only_kernel_maps = false;  // no tables and no task slots
};

struct Compilation {
  // Nothing when the diagnostics have errors, or when the last stage to print comes before it.
  std::optional<image::ProgramImage> image;
  // Texts of the stages asked for, in the chain's order, as far as the chain got.
  std::vector<std::pair<Stage, std::string>> stage_texts;
  std::string original_ir, optimized_ir;
  std::vector<image::ScriptOption> options;  // of the script
  std::optional<std::string> wrong_option;   // why what was given is none of them; nothing follows then
};

// Compiles file `file` of `sources`, which gets what the file imports.
Compilation compile(Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
                    Diagnostics &diagnostics);

}  // namespace sonde::driver
