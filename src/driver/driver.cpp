// Ties the command line, the compiler and the runtime together, and words their failures.
#include "driver/driver.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/diagnostics.h"
#include "driver/compile.h"
#include "driver/options.h"
#include "driver/script_file.h"
#include "image/config.h"
#include "image/image_file.h"
#include "probes/provider.h"
#include "runtime/child_process.h"
#include "runtime/run.h"

namespace sonde::driver {
namespace {

int refuse(const Error &error) {
  fmt::print(stderr, "ERROR: {}\n", error.message());
  return kRefused;
}

bool use_colour() {
  const char *no_colour = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) && !(no_colour && *no_colour);
}

int print_list(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    (text += line) += '\n';
  return fwrite(text.data(), 1, text.size(), stdout) == text.size() && fflush(stdout) == 0 ? 0 : kRefused;
}

int list(const Options &options, kernel::Kernel &kernel) {
  auto lines = probes::list_probes(options.pattern, options.verbosity > 0, {kernel, options.pid, options.unsafe});
  return lines ? print_list(*lines) : refuse(lines.error());
}

// `-l` with a script: each place that it would attach to, once.
int list_targets(const image::ProgramImage &image, const Options &options, kernel::Kernel &kernel) {
  std::vector<std::string> lines;
  std::set<std::string_view> seen;
  for (const image::ProgramSpec &program : image.programs)
    for (const image::Target &target : program.targets)
      if (seen.insert(target.name).second)
        lines.push_back(target.name);
  if (options.verbosity > 0)
    lines = probes::with_arguments(std::move(lines), {kernel, options.pid, options.unsafe});
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

Result<int> open_output(const std::string &path) {
  if (path.empty())
    return STDOUT_FILENO;
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0)
    return Error::from_errno("open output file", path, errno);
  return fd;
}

Result<void> check_process(std::optional<int> pid) {
  if (pid && kill(*pid, 0) != 0 && errno != EPERM)
    return Error{"trace process", std::to_string(*pid), "there is no such process", {}, errno};
  return {};
}

int run_image(const image::ProgramImage &image, kernel::Kernel &kernel, const Options &options) {
  std::unique_ptr<runtime::ChildProcess> child;
  if (options.command) {
    auto started = runtime::ChildProcess::start_stopped(*options.command);
    if (!started)
      return refuse(started.error());
    child = started.take();
  }
  Result<int> output = open_output(options.output);
  if (!output)
    return refuse(output.error());
  runtime::RunOptions run_options;
  run_options.child = child.get();
  run_options.pid = options.pid;
  run_options.json = options.json;
  run_options.json_typed = options.json_typed;
  run_options.folded = options.folded;
  run_options.ordered = options.ordered;
  run_options.status = options.status;
  run_options.colour = use_colour();
  run_options.buffering = options.buffering == "full"   ? runtime::Buffering::Full
                          : options.buffering == "none" ? runtime::Buffering::None
                                                        : runtime::Buffering::Line;
  run_options.output_fd = *output;
  run_options.quiet = options.quiet;
  run_options.verbosity = options.verbosity;
  run_options.strict = options.strict;
  run_options.dry_run = options.dry_run;
  run_options.mode = options.test    ? runtime::RunMode::Tests
                     : options.bench ? runtime::RunMode::Benchmarks
                                     : runtime::RunMode::Probes;
  auto result = runtime::run(image, kernel, run_options);
  return result ? result->exit_code : refuse(result.error());
}

Result<void> write_file(const std::string &path, std::string_view content) {
  Result<int> fd = open_output(path);
  if (!fd)
    return fd.error();
  ssize_t written = write(*fd, content.data(), content.size());
  int problem = written < 0 ? errno : ENOSPC;
  close(*fd);
  if (written != static_cast<ssize_t>(content.size()))
    return Error::from_errno("write", path, problem);
  return {};
}

// --emit-elf, --emit-llvm
Result<void> emit_files(const Compilation &compilation, const Options &options) {
  if (!options.emit_llvm.empty()) {
    if (auto done = write_file(options.emit_llvm + ".original.ll", compilation.original_ir); !done)
      return done;
    if (auto done = write_file(options.emit_llvm + ".optimized.ll", compilation.optimized_ir); !done)
      return done;
  }
  if (options.emit_elf.empty())
    return {};
  Result<std::vector<uint8_t>> object = image::write_image(*compilation.image);
  if (!object)
    return object.error();
  return write_file(options.emit_elf, {reinterpret_cast<const char *>(object->data()), object->size()});
}

int compile_and_run(const Options &options, kernel::Kernel &kernel) {
  Result<std::string> text = options.one_liner ? Result<std::string>(*options.one_liner) : read_script(options.script);
  if (!text)
    return refuse(text.error());
  CompileOptions compile_options{options.parameters,
                                 options.script_options,
                                 options.script_help,
                                 options.pid,
                                 options.unsafe,
                                 {},
                                 {options.include_folders, options.include_files},
                                 !options.emit_llvm.empty(),
                                 options.stages};
  compile_options.stamp_records = options.json_typed || options.ordered;
  compile_options.count_failed_reads = options.count_failed_reads;
  if (auto applied = image::apply_environment(compile_options.config); !applied)
    return refuse(applied.error());
  if (auto exists = check_process(options.pid); !exists)
    return refuse(exists.error());

  Sources sources;
  size_t file = sources.add(options.one_liner || options.script == "-" ? "stdin" : options.script, text.take());
  Diagnostics diagnostics;
  Compilation compilation = compile(sources, file, kernel, compile_options, diagnostics);
  print_stages(compilation);
  fmt::print(stderr, "{}", diagnostics.format(sources, use_colour(), options.warnings));
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
  if (options.mode == Mode::Dump)
    return 0;
  if (options.mode == Mode::ListScript)
    return list_targets(*compilation.image, options, kernel);
  if (auto written = emit_files(compilation, options); !written)
    return refuse(written.error());
  return options.emit_elf.empty() ? run_image(*compilation.image, kernel, options) : 0;
}

// A standard file that was closed stays unusable: else the next file that we open would take its number, and output
// or messages would go there.
void hold_closed_standard_files() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0)
      open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

int run_sonde(int argc, char **argv) {
  hold_closed_standard_files();
  Options options;
  try {
    options = parse_options(argc, argv);
  } catch (const UsageError &error) {
    fmt::print(stderr, "ERROR: {}\n", error.message);
    return kUsageError;
  }
  if (options.mode == Mode::PrintText) {
    fmt::print("{}", options.text);
    return 0;
  }
  std::unique_ptr<kernel::Kernel> kernel = kernel::open_running_kernel();
  return options.mode == Mode::List ? list(options, *kernel) : compile_and_run(options, *kernel);
}

}  // namespace sonde::driver
