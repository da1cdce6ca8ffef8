// Maps an address to a file's function; and Symbols, which puts both kinds together.
#include "runtime/user_symbols.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <optional>

#include "base/read_file.h"
#include "base/text.h"
#include "runtime/clock.h"
#include "runtime/kernel_symbols.h"
#include "runtime/symbols.h"

namespace sonde::runtime {
namespace {

// Binaries that are kept though no known process has them mapped.
constexpr size_t kMaxUnused = 64;

// Processes that are gone and still known: stacks of the recent past can be named.
constexpr size_t kMaxExited = 4096;

std::string to_string(const elf::SourceLine &line) { return fmt::format("{}:{}", line.file, line.line); }

// A line of /proc/PID/maps, if it is about the code of a file.
std::optional<Mapping> parse_mapping(const std::string &line) {
  // begin-end perms offset device inode path
  Mapping mapping;
  char permissions[5] = "";
  int path = 0;
  if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &mapping.begin,
                  &mapping.end, permissions, &mapping.file_offset, &mapping.inode, &path) != 5)
    return std::nullopt;
  mapping.path = line.substr(static_cast<size_t>(path));
  if (!mapping.path.starts_with('/') || std::string_view(permissions).find('x') == std::string_view::npos)
    return std::nullopt;
  return mapping;
}

class RunningSymbols : public Symbols {
public:
  explicit RunningSymbols(bool demangle) : demangle_(demangle) {}
  Symbol kernel(uint64_t address) override {
    if (!kernel_)
      kernel_ = KernelSymbols::running();
    KernelSymbols::Found found = kernel_->find(address);
    return {std::string(found.name), found.offset, {}};
  }
  Symbol user(uint64_t address, uint32_t pid) override { return user().find(address, pid); }
  std::vector<SourcePlace> user_source(uint64_t address, uint32_t pid) override { return user().source(address, pid); }
  void keep_up() override { user().keep_up(); }

private:
  UserSymbols &user() {
    if (!user_)
      user_.emplace(demangle_);
    return *user_;
  }

  bool demangle_;
  std::optional<KernelSymbols> kernel_;
  std::optional<UserSymbols> user_;
};

}  // namespace

Symbol UserSymbols::find(uint64_t address, uint32_t pid) {
  const Mapping *mapping = find_mapping(address, pid);
  if (!mapping)
    return perf_maps_.find(address, pid);
  elf::Binary *binary = binary_of(*mapping, pid);
  uint64_t file_offset = address - mapping->begin + mapping->file_offset;
  const elf::Symbol *symbol = binary ? binary->symbols().containing_offset(file_offset) : nullptr;
  if (!symbol)
    return {};
  return {shown(std::string(symbol->name)), file_offset - symbol->file_offset, mapping->path};
}

// before: code of f, in which g was inlined, in which h was
// after:  { h, its line }, { g, the line that calls h }, { "", the line of f that calls g }
std::vector<SourcePlace> UserSymbols::source(uint64_t address, uint32_t pid) {
  const Mapping *mapping = find_mapping(address, pid);
  elf::Binary *binary = mapping ? binary_of(*mapping, pid) : nullptr;
  if (!binary)
    return {};
  uint64_t file_offset = address - mapping->begin + mapping->file_offset;
  auto line = binary->line_at(file_offset);
  if (!line)
    return {};
  std::vector<SourcePlace> places;
  for (elf::InlinedCall &call : binary->inlined_at(file_offset)) {
    places.push_back({shown(call.function), to_string(*line)});
    *line = std::move(call.called_at);
  }
  places.push_back({{}, to_string(*line)});
  return places;
}

void UserSymbols::keep_up() {
  records_.read({[this](uint32_t pid, Mapping mapping) { add_mapping(pid, std::move(mapping)); },
                 [this](uint32_t pid, uint32_t parent, uint64_t time_ns) {
                   forget_older(pid, time_ns);  // an older process with that number
                   parents_[pid] = parent;
                 },
                 [this](uint32_t pid) { forget_oldest(pid); }});
}

// What lay there before is gone: another program in the same process, or another library.
void UserSymbols::add_mapping(uint32_t pid, Mapping mapping) {
  std::vector<Mapping> &known = mappings_[pid];
  std::erase_if(known, [&](const Mapping &old) { return old.begin < mapping.end && mapping.begin < old.end; });
  known.push_back(std::move(mapping));
}

void UserSymbols::forget_oldest(uint32_t exited_pid) {
  exited_.push_back(exited_pid);
  if (exited_.size() <= kMaxExited)
    return;
  forget(exited_.front());
  exited_.pop_front();
}

// What is newer was told already: by the CPU that the new process went to.
void UserSymbols::forget_older(uint32_t pid, uint64_t time_ns) {
  std::vector<Mapping> newer = std::move(mappings_[pid]);
  forget(pid);
  std::erase_if(newer, [&](const Mapping &mapping) { return mapping.since_ns < time_ns; });
  if (!newer.empty())
    mappings_[pid] = std::move(newer);
}

void UserSymbols::forget(uint32_t pid) {
  mappings_.erase(pid);
  parents_.erase(pid);
  by_path_.erase(pid);
  perf_maps_.forget(pid);
}

// False when there is nothing to read: the process is gone.
bool UserSymbols::read_mappings(uint32_t pid) {
  auto maps = read_file(fmt::format("/proc/{}/maps", pid));
  if (!maps)
    return false;
  std::vector<Mapping> fresh;
  uint64_t now = monotonic_time_ns();
  for (std::string_view line : split(*maps, '\n'))
    if (auto mapping = parse_mapping(std::string(line))) {
      mapping->since_ns = now;
      fresh.push_back(std::move(*mapping));
    }
  if (fresh.empty())
    return false;
  mappings_[pid] = std::move(fresh);
  return true;
}

const Mapping *UserSymbols::known_mapping(uint64_t address, uint32_t pid) const {
  auto known = mappings_.find(pid);
  if (known != mappings_.end())
    for (const Mapping &mapping : known->second)
      if (address >= mapping.begin && address < mapping.end)
        return &mapping;
  return nullptr;
}

// What we were told, what the process itself says, and what it shares with the one it was forked from.
const Mapping *UserSymbols::find_mapping(uint64_t address, uint32_t pid) {
  keep_up();
  const Mapping *found = known_mapping(address, pid);
  if (!found && read_mappings(pid))
    found = known_mapping(address, pid);
  auto parent = parents_.find(pid);
  if (found || parent == parents_.end() || parent->second == pid)
    return found;
  return known_mapping(address, parent->second);
}

// The process may live in another mount namespace: its root knows the file by the same name, or another file. What was
// replaced or deleted since is found by the place where it is mapped. Our own name is the best where it is the same
// file: it stays when the process ends, and so do the files of debug information beside it. Some file systems
// (overlayfs) number their files differently for stat() and for mappings; then the process's name for it decides.
std::optional<UserSymbols::File> UserSymbols::file_of(const Mapping &mapping, uint32_t pid) {
  std::string theirs = fmt::format("/proc/{}/root{}", pid, mapping.path);
  std::string mapped = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.begin, mapping.end);
  struct stat about;
  for (const std::string &path : {mapping.path, theirs, mapped})
    if (stat(path.c_str(), &about) == 0 && about.st_ino == mapping.inode)
      return File{path, about};
  if (stat(theirs.c_str(), &about) == 0)
    return File{theirs, about};
  return std::nullopt;
}

elf::Binary *UserSymbols::binary_of(const Mapping &mapping, uint32_t pid) {
  auto [known, is_new] = by_path_[pid].try_emplace(mapping.path, nullptr);
  if (!is_new)
    return known->second.get();
  std::optional<File> file = file_of(mapping, pid);
  if (!file)
    return nullptr;
  forget_unused_binaries();
  // A file that is written anew can keep its number, or get that of one that is gone.
  const timespec &changed = file->about.st_mtim;
  std::shared_ptr<elf::Binary> &binary =
      by_file_[{file->about.st_dev, file->about.st_ino, changed.tv_sec, changed.tv_nsec, file->about.st_size}];
  if (!binary)
    if (auto opened = elf::open_binary(file->path))
      binary = opened.take();
  known->second = binary;
  return binary.get();
}

void UserSymbols::forget_unused_binaries() {
  auto is_unused = [](const auto &entry) { return entry.second.use_count() <= 1; };
  if (by_file_.size() <= kMaxUnused)
    return;
  if (static_cast<size_t>(std::count_if(by_file_.begin(), by_file_.end(), is_unused)) > kMaxUnused)
    std::erase_if(by_file_, is_unused);
}

std::unique_ptr<Symbols> open_symbols(bool demangle) { return std::make_unique<RunningSymbols>(demangle); }

}  // namespace sonde::runtime
