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

std::string demangled(const std::string &name) {
  int status = 0;
  std::unique_ptr<char, void (*)(void *)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), free);
  return status == 0 ? std::string(text.get()) : name;
}

class RunningSymbols : public Symbols {
public:
  explicit RunningSymbols(bool demangle) : user_(demangle) {}
  std::string kernel(uint64_t address) override {
    if (!kernel_)
      kernel_ = KernelSymbols::running();
    return std::string(kernel_->find(address));
  }
  std::string user(uint64_t address, uint32_t pid) override { return user_.find(address, pid); }

private:
  std::optional<KernelSymbols> kernel_;
  UserSymbols user_;
};

}  // namespace

std::string UserSymbols::find(uint64_t address, uint32_t pid) {
  const Mapping *mapping = find_mapping(address, pid);
  const elf::SymbolTable *symbols = mapping ? table(mapping->path, pid) : nullptr;
  if (!symbols)
    return {};
  const elf::Symbol *symbol = symbols->containing_offset(address - mapping->begin + mapping->file_offset);
  if (!symbol)
    return {};
  return demangle_ ? demangled(symbol->name) : symbol->name;
}

const UserSymbols::Mapping *UserSymbols::find_mapping(uint64_t address, uint32_t pid) {
  auto look = [&]() -> const Mapping * {
    for (const Mapping &mapping : mappings_[pid])
      if (address >= mapping.begin && address < mapping.end)
        return &mapping;
    return nullptr;
  };
  if (const Mapping *known = look())
    return known;
  // Not there yet: the process may have loaded a library since. One that is gone keeps what we knew.
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
    return nullptr;
  mappings_[pid] = std::move(fresh);
  return look();
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
