// Maps an address to a file's function; and Symbols, which puts both kinds together.
#include "runtime/user_symbols.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "runtime/kernel_symbols.h"
#include "runtime/symbols.h"

namespace sonde::runtime {
namespace {

// Processes that are gone and still known: stacks of the recent past can be named.
constexpr size_t kMaxExited = 4096;

std::string demangled(const std::string &name) {
  int status = 0;
  std::unique_ptr<char, void (*)(void *)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), free);
  return status == 0 ? std::string(text.get()) : name;
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
  const elf::SymbolTable *symbols = mapping ? table(mapping->path, pid) : nullptr;
  if (!symbols)
    return {};
  uint64_t file_offset = address - mapping->begin + mapping->file_offset;
  const elf::Symbol *symbol = symbols->containing_offset(file_offset);
  if (!symbol)
    return {};
  return {demangle_ ? demangled(symbol->name) : symbol->name, file_offset - symbol->file_offset, mapping->path};
}

void UserSymbols::keep_up() {
  records_.read({[this](uint32_t pid, Mapping mapping) { add_mapping(pid, std::move(mapping)); },
                 [this](uint32_t pid, uint32_t parent) {
                   mappings_.erase(pid);  // of an older process with that number
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
  mappings_.erase(exited_.front());
  parents_.erase(exited_.front());
  exited_.pop_front();
}

// False when there is nothing to read: the process is gone.
bool UserSymbols::read_mappings(uint32_t pid) {
  std::ifstream file(fmt::format("/proc/{}/maps", pid));
  std::vector<Mapping> fresh;
  for (std::string line; std::getline(file, line);) {
    // begin-end perms offset device inode path
    Mapping mapping{};
    char dash = 0;
    std::string permissions, device, inode;
    std::istringstream words(line);
    words >> std::hex >> mapping.begin >> dash >> mapping.end >> permissions >> mapping.file_offset >> device >> inode;
    std::getline(words >> std::ws, mapping.path);
    if (!mapping.path.empty() && mapping.path[0] == '/' && permissions.find('x') != std::string::npos)
      fresh.push_back(std::move(mapping));
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

const elf::SymbolTable *UserSymbols::table(const std::string &path, uint32_t pid) {
  auto known = tables_.find(path);
  if (known != tables_.end())
    return known->second.get();
  // The process may live in another mount namespace; its root knows the file by the same name.
  auto symbols = elf::read_symbols(fmt::format("/proc/{}/root{}", pid, path));
  if (!symbols)
    symbols = elf::read_symbols(path);
  return (tables_[path] = symbols ? symbols.take() : nullptr).get();
}

std::unique_ptr<Symbols> open_symbols(bool demangle) { return std::make_unique<RunningSymbols>(demangle); }

}  // namespace sonde::runtime
