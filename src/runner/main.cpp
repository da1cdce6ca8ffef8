// The program of executables that sonde builds: reads the image behind itself and runs it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <span>

#include "image/executable.h"
#include "image/image_file.h"
#include "runner/command_line.h"
#include "runner/exit_codes.h"
#include "runner/run_options.h"
#include "runtime/json_records.h"

namespace sonde::runner {
namespace {

// Stays mapped: pages that nobody reads cost nothing.
Result<std::span<const uint8_t>> own_file() {
  const char *path = "/proc/self/exe";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about {};
  if (fd < 0 || fstat(fd, &about) != 0)
    return Error::from_errno("open", path, errno, "an executable reads its script from itself: is /proc mounted?");
  void *bytes = mmap(nullptr, static_cast<size_t>(about.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  int problem = errno;
  close(fd);
  if (bytes == MAP_FAILED)
    return Error::from_errno("read", path, problem);
  return std::span(static_cast<const uint8_t *>(bytes), static_cast<size_t>(about.st_size));
}

Result<image::ProgramImage> own_image() {
  auto file = own_file();
  if (!file)
    return file.error();
  auto appended = image::appended_image(*file);
  if (!appended)
    return Error{"run", "this executable", "it carries no script",
                 "sonde build SCRIPT -o FILE makes one that does; strip and the like cut it off", 0};
  return image::read_image(*appended);
}

std::string name_of(const char *path) {
  std::string_view name = path ? path : "tracer";
  return std::string(name.substr(name.rfind('/') + 1));
}

// What to exit with, when the command line already says all.
std::optional<int> read_command_line(int argc, char **argv, const image::ProgramImage &image, RunOptions &options) {
  std::vector<Option> rows = option_rows(options);
  CommandLine line;
  try {
    line = parse_command_line(rows, argc, argv);
    if (!line.words.empty())
      throw UsageError{fmt::format("'{}' is no option (--help lists them)", line.words.front())};
    check_run_options(options);
  } catch (const UsageError &error) {
    fmt::print(stderr, "ERROR: {}\n", error.message);
    return kUsageError;
  }
  if (line.wants_help) {
    std::string program = name_of(argv[0]);
    std::string summary = fmt::format("{}: a tracer, built by sonde from {}", program, image.source_name);
    fmt::print("{}", help_text(program, summary, rows));
    return 0;
  }
  if (!options.json_schema)
    return std::nullopt;
  fmt::print("{}", runtime::json_schema());
  return 0;
}

int run_executable(int argc, char **argv) {
  hold_closed_standard_files();
  auto image = own_image();
  if (!image)
    return refuse(image.error());
  RunOptions options;
  if (auto exit_code = read_command_line(argc, argv, *image, options))
    return *exit_code;
  if (auto fits = check_built(*image, options); !fits)
    return refuse(fits.error());
  std::unique_ptr<kernel::Kernel> kernel = open_kernel(options);
  return run_image(*image, *kernel, options);
}

}  // namespace
}  // namespace sonde::runner

int main(int argc, char **argv) { return sonde::runner::run_executable(argc, argv); }
