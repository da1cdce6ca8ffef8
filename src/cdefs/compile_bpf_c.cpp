// Runs clang in a folder of its own below /tmp and reads what it says.
#include "cdefs/compile_bpf_c.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/read_file.h"
#include "base/text.h"
#include "cdefs/clang_arguments.h"

namespace sonde::cdefs {
namespace {

namespace fs = std::filesystem;

// Newest first of those whose IR our LLVM reads.
constexpr std::array kNames = {
    "clang-19", "/usr/lib/llvm-19/bin/clang", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang"};
constexpr size_t kMaxErrors = 20;

std::optional<std::string> find_clang() {
  const char *path = getenv("PATH");
  std::vector<std::string_view> folders = split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
  for (const std::string name : kNames) {
    if (name.starts_with('/')) {
      if (access(name.c_str(), X_OK) == 0)
        return name;
      continue;
    }
    for (std::string_view folder : folders)
      if (std::string candidate = fmt::format("{}/{}", folder, name); access(candidate.c_str(), X_OK) == 0)
        return candidate;
  }
  return std::nullopt;
}

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "sonde-XXXXXX").string();
    if (mkdtemp(pattern.data()))
      path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty())
      fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  bool is_there() const { return !path_.empty(); }
  const std::string &path() const { return path_; }
  std::string file(const char *name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

std::vector<std::string> clang_command(const std::string &clang, const std::string &path, const Options &options,
                                       const std::string &last_folder, const std::string &object) {
  const ArchNames &names = names_for_c(options.arch);
  std::vector<std::string> command = {clang, "-target", "bpf", "-O2", "-g", "-w", "-fembed-bitcode=all"};
  for (const char *option :
       {"-fno-color-diagnostics", "-fno-caret-diagnostics", "-ferror-limit=20", "-D__BPF_TRACING__"})
    command.emplace_back(option);
  command.push_back(std::string("-D__TARGET_ARCH_") + names.target_arch);
  if (options.kernel_has_btf)
    command.emplace_back("-DBPFTRACE_HAVE_BTF");
  for (const std::string &folder : options.include_folders)
    command.insert(command.end(), {"-I", folder});
  command.insert(command.end(), {"-idirafter", std::string("/usr/include/") + names.triple, "-idirafter", last_folder});
  command.insert(command.end(), {"-c", path, "-o", object});
  return command;
}

// Where there is nothing to make it of, Clang says that it is missing. False with errno when it cannot be written.
bool write_header(const HeaderSource &source, const std::string &path) {
  Result<std::string> text = source();
  if (!text)
    return true;
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return false;
  bool is_whole = write(fd, text->data(), text->size()) == static_cast<ssize_t>(text->size());
  return close(fd) == 0 && is_whole;
}

// The command's exit status, with what it says in the file `said`; -1 with errno when it could not be run.
int run(const std::vector<std::string> &command, const std::string &said) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char *> arguments;
  for (const std::string &argument : command)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    errno = error;
    return -1;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// "FILE:LINE:COLUMN: error: TEXT", or "error: FILE:LINE:COLUMN: TEXT" of what no code can be made for.
struct SaidError {
  std::string file;
  uint32_t line = 0, column = 0;
  std::string text;
};

std::optional<uint32_t> take_number(std::string_view &text) {
  uint32_t number = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end == text.data() + text.size() || *end != ':')
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return number;
}

std::optional<SaidError> parse_error(std::string_view line) {
  size_t at = line.find("error: ");
  if (at == std::string_view::npos)
    return std::nullopt;
  SaidError error;
  constexpr size_t kWord = 7;
  std::string_view text = line.substr(at + kWord), place = at == 0 ? text : line;
  size_t colon = place.find(':');
  if (colon != std::string_view::npos) {
    std::string_view rest = place.substr(colon + 1);
    auto row = take_number(rest);
    auto column = row ? take_number(rest) : std::nullopt;
    if (column) {
      error = {std::string(place.substr(0, colon)), *row, *column, {}};
      text = at == 0 ? rest.substr(std::min<size_t>(1, rest.size())) : text;
    }
  }
  error.text = std::string(text);
  return error;
}

Location place_in(const SourceFile &file, const SaidError &error) {
  if (error.line == 0 || error.line > file.line_starts.size())
    return {file.base, file.base + 1};
  uint32_t begin = file.base + file.line_starts[error.line - 1] + (error.column ? error.column - 1 : 0);
  return {begin, begin + 1};
}

std::string hint_for(const std::string &text) {
  if (text.find("'vmlinux.h' file not found") != std::string::npos)
    return "this kernel has no BTF to make it of; name the folder that holds one with -I";
  if (text.find("'bpf/") != std::string::npos && text.find("file not found") != std::string::npos)
    return "install libbpf's headers (libbpf-dev on Debian and Ubuntu, libbpf-devel on Fedora) or name their folder "
           "with -I";
  return text.find("file not found") != std::string::npos ? "name the folder that holds it with -I" : "";
}

void report(const std::string &said, const SourceFile &file, Location import, Diagnostics &diagnostics) {
  size_t count = 0;
  for (std::string_view line : split(said, '\n')) {
    auto error = parse_error(line);
    if (!error || ++count > kMaxErrors)
      continue;
    bool is_here = error->file == file.name;
    std::string where = is_here || error->file.empty() || error->file.starts_with('<')
                            ? ""
                            : fmt::format("in {}:{}:{}: ", error->file, error->line, error->column);
    Diagnostic &added = diagnostics.error(is_here ? place_in(file, *error) : import, "{}{}", where, error->text);
    if (is_here)
      added.note(import, "imported here");
    added.with_hint(hint_for(error->text));
  }
  if (count == 0)
    diagnostics.error(import, "could not import {}: clang failed: {}", file.name, said);
}

}  // namespace

std::optional<std::vector<uint8_t>> compile_bpf_c(const std::string &path, Location import, const Options &options,
                                                  const HeaderSource &vmlinux, Sources &sources,
                                                  Diagnostics &diagnostics) {
  std::optional<std::string> clang = find_clang();
  if (!clang) {
    diagnostics.error(import, "could not import {}: there is no clang to compile it", path)
        .with_hint("install clang-19 (Debian, Ubuntu) or clang (Fedora, Arch)");
    return std::nullopt;
  }
  auto c = read_file(path);
  if (!c) {
    diagnostics.error(import, "could not import {}: {}", path, c.error().cause);
    return std::nullopt;
  }
  const SourceFile &file = sources.file(sources.add(path, c.take()));
  TemporaryFolder folder;
  std::string object = folder.file("object"), said = folder.file("said");
  auto compile = [&] {
    bool wants_header = file.text.find("vmlinux.h") != std::string::npos;
    if (wants_header && !write_header(vmlinux, folder.file("vmlinux.h")))
      return -1;
    return run(clang_command(*clang, path, options, folder.path(), object), said);
  };
  int status = folder.is_there() ? compile() : -1;
  if (status < 0) {
    diagnostics.error(import, "could not import {}: could not run {}: {}", path, *clang, std::strerror(errno));
    return std::nullopt;
  }
  if (status != 0) {
    auto text = read_file(said);
    report(text ? text.take() : std::string(), file, import, diagnostics);
    return std::nullopt;
  }
  auto bytes = read_file(object);
  if (!bytes) {
    diagnostics.error(import, "could not import {}: {}", path, bytes.error().cause);
    return std::nullopt;
  }
  return std::vector<uint8_t>(bytes->begin(), bytes->end());
}

}  // namespace sonde::cdefs
