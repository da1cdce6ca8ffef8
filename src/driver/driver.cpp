// Ties the command line, the compiler and the runtime together, and words their failures.
#include "driver/driver.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <set>

#include "base/diagnostics.h"
#include "driver/build.h"
#include "driver/compile.h"
#include "driver/describe_system.h"
#include "driver/format.h"
#include "driver/options.h"
#include "driver/script_file.h"
#include "image/config.h"
#include "kernel/target_kernel.h"
#include "probes/provider.h"
#include "runner/exit_codes.h"
#include "runner/run_options.h"

namespace sonde::driver {
namespace {

using runner::kRefused;
using runner::kScriptError;
using runner::kUsageError;
using runner::refuse;

int print_text(std::string_view text) {
  return fwrite(text.data(), 1, text.size(), stdout) == text.size() && fflush(stdout) == 0 ? 0 : kRefused;
}

int print_list(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    (text += line) += '\n';
  return print_text(text);
}

int list(const Options &options, kernel::Kernel &kernel) {
  auto listing =
      probes::list_probes(options.pattern, options.run.verbosity > 0, {kernel, options.run.pids, options.unsafe});
  if (!listing)
    return refuse(listing.error());
  if (!listing->left_out.empty() && options.warnings && !options.run.quiet)
    fmt::print(stderr, "Not listed, as this kernel lacks what they need: {}\n", fmt::join(listing->left_out, ", "));
  return print_list(listing->lines);
}

// `-l` with a script: each place that it would attach to, once.
int list_targets(const image::ProgramImage &image, const Options &options, kernel::Kernel &kernel) {
  std::vector<std::string> lines;
  std::set<std::string_view> seen;
  for (const image::ProgramSpec &program : image.programs)
    for (const image::Target &target : program.targets)
      if (seen.insert(target.name).second)
        lines.push_back(target.name);
  if (options.run.verbosity > 0)
    lines = probes::with_arguments(std::move(lines), {kernel, options.run.pids, options.unsafe});
  return print_list(lines);
}

std::string_view stage_name(Stage stage) {
  for (const StageName &row : kStages)
    if (row.stage == stage)
      return row.name;
  return {};
}

void print_stages(const Compilation &compilation) {
  bool several = compilation.stage_texts.size() > 1;
  for (const auto &[stage, text] : compilation.stage_texts)
    fmt::print("{}{}{}", several ? fmt::format("---- {} ----\n", stage_name(stage)) : "", text,
               text.ends_with('\n') ? "" : "\n");
}

// --emit-elf, --emit-llvm
Result<void> emit_files(const Compilation &compilation, const Options &options) {
  if (!options.emit_llvm.empty()) {
    if (auto done = replace_file(options.emit_llvm + ".original.ll", compilation.original_ir); !done)
      return done;
    if (auto done = replace_file(options.emit_llvm + ".optimized.ll", compilation.optimized_ir); !done)
      return done;
  }
  if (options.emit_elf.empty())
    return {};
  Result<std::vector<uint8_t>> object = object_file(*compilation.image);
  if (!object)
    return object.error();
  return replace_file(options.emit_elf, *object);
}

int run_built(const std::string &bytes, const Options &options, kernel::Kernel &kernel) {
  if (options.mode != Mode::Run) {
    fmt::print(stderr, "ERROR: {} is built already, and can only be run\n", options.script);
    return kUsageError;
  }
  auto built = read_built(bytes);
  if (!built)
    return refuse(built.error());
  if (const auto *foreign = std::get_if<image::ForeignPackage>(&*built))
    return runner::run_foreign(*foreign, options.run);
  auto *image = std::get_if<image::ProgramImage>(&*built);
  if (options.script_help) {
    fmt::print("{}", options_help(image->options, options.script));
    return 0;
  }
  runner::RunOptions run = options.run;
  run.positional = options.parameters;
  run.given = options.script_options;
  if (auto fits = runner::check_built(*image, run); !fits)
    return refuse(fits.error());
  if (auto applied = runner::apply_settings(*image); !applied)
    return refuse(applied.error());
  return runner::run_image(*image, kernel, run);
}

Result<std::string> script_text(const Options &options) {
  return options.one_liner ? Result<std::string>(*options.one_liner) : read_script(options.script);
}

std::string script_name(const Options &options) {
  return options.one_liner || options.script == "-" ? "stdin" : options.script;
}

int print_formatted(const Options &options) {
  Result<std::string> text = script_text(options);
  if (!text)
    return refuse(text.error());
  Sources sources;
  Diagnostics diagnostics;
  std::optional<std::string> formatted = format(sources, sources.add(script_name(options), text.take()), diagnostics);
  fmt::print(stderr, "{}", diagnostics.format(sources, runner::use_colour(), options.warnings));
  return formatted ? print_text(*formatted) : kScriptError;
}

// What compiled once compiles again.
std::optional<image::ProgramImage> compile_without_tables(const SourceFile &script, kernel::Kernel &kernel,
                                                          CompileOptions options) {
  options.only_kernel_maps = true;
  options.keeps_ir = false;
  Sources sources;
  Diagnostics diagnostics;
  Compilation compilation = compile(sources, sources.add(script.name, script.text), kernel, options, diagnostics);
  return diagnostics.has_errors() ? std::nullopt : std::move(compilation.image);
}

CompileOptions compile_options_of(const Options &options) {
  CompileOptions compile_options;
  compile_options.parameters = options.parameters;
  compile_options.given = options.script_options;
  compile_options.wants_options_help = options.script_help;
  compile_options.pids = options.run.pids;
  compile_options.unsafe = options.unsafe;
  compile_options.headers = {options.include_folders, options.include_files};
  compile_options.keeps_ir = !options.emit_llvm.empty();
  compile_options.stages = options.stages;
  compile_options.stamp_records = options.run.wants_stamps();
  compile_options.count_failed_reads = options.count_failed_reads;
  compile_options.scope = options.run.scope();
  compile_options.command = runner::program_of(options.run);
  return compile_options;
}

// What is asked of a script that compiled.
int deliver(const Compilation &compilation, const Options &options, kernel::Kernel &kernel,
            std::span<const uint8_t> standalone, const runtime::Recompile &without_tables) {
  if (options.mode == Mode::Dump)
    return 0;
  if (options.mode == Mode::ListScript)
    return list_targets(*compilation.image, options, kernel);
  if (options.mode == Mode::Build) {
    auto written = write_build(*compilation.image, options.build_output, standalone);
    return written ? 0 : refuse(written.error());
  }
  if (auto written = emit_files(compilation, options); !written)
    return refuse(written.error());
  if (!options.emit_elf.empty())
    return 0;
  return runner::run_image(*compilation.image, kernel, options.run, without_tables);
}

int compile_and_deliver(const Options &options, const SourceFile &script, kernel::Kernel &kernel,
                        std::span<const uint8_t> standalone) {
  CompileOptions compile_options = compile_options_of(options);
  if (auto applied = image::apply_environment(compile_options.config); !applied)
    return refuse(applied.error());
  if (auto exists = runner::check_processes(options.run.pids); !exists)
    return refuse(exists.error());
  std::unique_ptr<kernel::Kernel> target;
  if (options.mode == Mode::Build) {
    auto opened = kernel::open_target(options.target, kernel);
    if (!opened)
      return refuse(opened.error());
    target = opened.take();
  }

  Sources sources;
  size_t file = sources.add(script.name, script.text);
  Diagnostics diagnostics;
  Compilation compilation = compile(sources, file, target ? *target : kernel, compile_options, diagnostics);
  print_stages(compilation);
  fmt::print(stderr, "{}", diagnostics.format(sources, runner::use_colour(), options.warnings));
  if (diagnostics.has_errors())
    return kScriptError;
  if (options.script_help) {
    fmt::print("{}", options_help(compilation.options, options.one_liner ? "-e SCRIPT" : options.script));
    return 0;
  }
  if (compilation.wrong_option) {
    fmt::print(stderr, "ERROR: {}\nHINT: `-- --help` lists the script's options\n", *compilation.wrong_option);
    return kUsageError;
  }
  return deliver(compilation, options, kernel, standalone,
                 [&] { return compile_without_tables(script, kernel, compile_options); });
}

int read_and_run(const Options &options, kernel::Kernel &kernel, std::span<const uint8_t> standalone) {
  Result<std::string> text = script_text(options);
  if (!text)
    return refuse(text.error());
  if (!options.one_liner && is_built(*text))
    return run_built(*text, options, kernel);
  SourceFile script;
  script.name = script_name(options);
  script.text = text.take();
  return compile_and_deliver(options, script, kernel, standalone);
}

}  // namespace

int run_sonde(int argc, char **argv, std::span<const uint8_t> standalone) {
  runner::hold_closed_standard_files();
  Options options;
  try {
    options = parse_options(argc, argv);
  } catch (const runner::UsageError &error) {
    fmt::print(stderr, "ERROR: {}\n", error.message);
    return kUsageError;
  }
  if (options.mode == Mode::PrintText) {
    fmt::print("{}", options.text);
    return 0;
  }
  if (options.mode == Mode::Format)
    return print_formatted(options);
  std::unique_ptr<kernel::Kernel> kernel = runner::open_kernel(options.run);
  if (options.mode == Mode::List)
    return list(options, *kernel);
  if (options.mode == Mode::DescribeSystem)
    return print_text(describe_system(*kernel));
  return read_and_run(options, *kernel, standalone);
}

}  // namespace sonde::driver
