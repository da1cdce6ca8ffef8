// The program of executables that sonde builds: reads the image behind itself and runs it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <optional>
#include <span>

#include "base/text.h"
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

// The script's own options as rows. One with a name of ours can be given behind --.
class ScriptRows {
public:
  ScriptRows(const image::ProgramImage &image, const std::vector<Option> &ours) {
    for (const image::ScriptOption &option : image.options)
      if (std::none_of(ours.begin(), ours.end(), [&](const Option &row) { return is_named(row, option.name); }))
        add(option);
      else
        hidden_.push_back(option);
  }

  const std::vector<Option> &rows() const { return rows_; }
  // Those that only words behind -- can give.
  const std::vector<image::ScriptOption> &hidden() const { return hidden_; }
  // What the command line set.
  std::vector<image::GivenOption> given() const {
    std::vector<image::GivenOption> given;
    for (const Value &value : values_)
      if (value.is_set || value.text)
        given.push_back({value.name, value.text});
    return given;
  }

private:
  struct Value {
    std::string name;
    bool is_set = false;
    std::optional<std::string> text = {};
  };

  static bool is_named(const Option &row, const std::string &name) {
    std::vector<std::string_view> names = split(row.names, ',');
    return std::find(names.begin(), names.end(), "--" + name) != names.end();
  }

  void add(const image::ScriptOption &option) {
    Value &value = values_.emplace_back(Value{option.name});
    std::string help = fmt::format("{}{}(default {})", option.description, option.description.empty() ? "" : " ",
                                   image::default_text(option));
    if (option.type.kind == TypeKind::Bool)
      rows_.push_back({"--" + option.name, &value.is_set, help});
    else
      rows_.push_back({"--" + option.name, &value.text, help, option.type.is_integer() ? "NUMBER" : "TEXT"});
  }

  std::deque<Value> values_;  // rows point to them
  std::vector<Option> rows_;
  std::vector<image::ScriptOption> hidden_;
};

// Words that are no options: $1 …, and --name=value behind --.
void take_words(const std::vector<std::string> &words, const image::ProgramImage &image, RunOptions &options) {
  for (const std::string &word : words)
    if (auto given = image::given_option(word))
      options.given.push_back(*given);
    else
      options.positional.push_back(word);
  if (!options.positional.empty() && !image.takes_positional())
    throw UsageError{fmt::format("the script takes no parameters, so '{}' says nothing (--help lists the options)",
                                 options.positional.front())};
}

std::string help_of(const std::string &program, const image::ProgramImage &image, std::span<const Option> rows,
                    const std::vector<image::ScriptOption> &hidden) {
  std::string summary = fmt::format("{}: a tracer, built by sonde from {}", program, image.source_name);
  std::string usage;
  for (uint32_t i = 1; i <= image.positional_count(); ++i)
    usage += fmt::format(" [${}]", i);
  std::string text = help_text(program, summary, usage, rows);
  if (!hidden.empty())
    text += "\nThe script's options whose names are taken, to be given behind --:\n" + image::options_help(hidden);
  return text + "\nEnvironment:\n  BPFTRACE_BTF                The kernel's types, of a kernel without its own: a file "
                "of BTF\n";
}

// What to exit with, when the command line already says all.
std::optional<int> read_command_line(int argc, char **argv, const image::ProgramImage &image, RunOptions &options) {
  std::vector<Option> rows = option_rows(options);
  ScriptRows script_rows(image, rows);
  rows.insert(rows.begin(), script_rows.rows().begin(), script_rows.rows().end());
  CommandLine line;
  try {
    line = parse_command_line(rows, argc, argv);
    options.given = script_rows.given();
    take_words(line.words, image, options);
    check_run_options(options);
  } catch (const UsageError &error) {
    fmt::print(stderr, "ERROR: {}\n", error.message);
    return kUsageError;
  }
  if (line.wants_help) {
    fmt::print("{}", help_of(name_of(argv[0]), image, rows, script_rows.hidden()));
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
  if (auto applied = apply_settings(*image); !applied)
    return refuse(applied.error());
  std::unique_ptr<kernel::Kernel> kernel = open_kernel(options);
  return run_image(*image, *kernel, options);
}

}  // namespace
}  // namespace sonde::runner

int main(int argc, char **argv) { return sonde::runner::run_executable(argc, argv); }
