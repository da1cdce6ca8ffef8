// Parses the kernel's lists of functions.
#include "kernel/kernel_functions.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/text.h"

namespace sonde::kernel {
namespace {

template <typename Visit> void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!visit(line))
      return;
  }
}

// "name [module]", "name\t[module]" or "name".
KernelFunction parse_name_and_module(std::string_view text) {
  size_t bracket = text.find('[');
  if (bracket == std::string_view::npos)
    return {trim(text), {}};
  std::string_view module = text.substr(bracket + 1);
  return {trim(text.substr(0, bracket)), module.substr(0, module.find(']'))};
}

// One kallsyms line; the address is 0 for users who may not see it.
struct KallsymsLine {
  uint64_t address = 0;
  char kind = 0;
  std::string_view name;  // with its module
};

std::optional<KallsymsLine> parse_kallsyms_line(std::string_view line) {
  KallsymsLine parsed;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), parsed.address, 16);
  size_t used = static_cast<size_t>(end - line.data());
  if (error != std::errc() || line.size() < used + 4)
    return std::nullopt;
  parsed.kind = line[used + 1];
  parsed.name = line.substr(used + 3);
  return parsed;
}

// Parts of functions, padding and annotations that the compiler and the linker name: no call ever enters them.
bool is_compiler_artefact(std::string_view name) {
  return name.find(".cold") != std::string_view::npos || name.starts_with("__pfx_") || name.starts_with("__cfi_");
}

// The first eight, so that numbers compare as the texts do.
uint64_t first_letters(std::string_view name) {
  uint64_t letters = 0;
  for (size_t i = 0; i < sizeof letters; ++i)
    letters = letters << 8 | (i < name.size() ? static_cast<uint8_t>(name[i]) : 0);
  return letters;
}

// The lowest behind an address; 0 when there is none.
uint64_t next_address(std::string_view text, uint64_t address) {
  uint64_t next = 0;
  for_each_line(text, [&](std::string_view line) {
    auto parsed = parse_kallsyms_line(line);
    if (parsed && parsed->address > address && (next == 0 || parsed->address < next))
      next = parsed->address;
    return true;
  });
  return next;
}

}  // namespace

std::vector<KernelFunction> parse_filter_functions(std::string_view text) {
  std::vector<KernelFunction> functions;
  for_each_line(text, [&](std::string_view line) {
    // Names that ftrace could not resolve stand for functions in discarded sections.
    if (!line.empty() && !line.starts_with("__ftrace_invalid_address_"))
      functions.push_back(parse_name_and_module(line));
    return true;
  });
  return functions;
}

std::vector<KernelFunction> parse_kallsyms_functions(std::string_view text,
                                                     const std::set<std::string_view> &blacklist) {
  std::vector<KernelFunction> functions;
  for_each_line(text, [&](std::string_view line) {
    auto parsed = parse_kallsyms_line(line);
    if (!parsed || (parsed->kind != 't' && parsed->kind != 'T') || is_compiler_artefact(parsed->name))
      return true;
    KernelFunction function = parse_name_and_module(parsed->name);
    if (!blacklist.contains(function.name))
      functions.push_back(std::move(function));
    return true;
  });
  return functions;
}

std::set<std::string_view> parse_blacklist(std::string_view text) {
  std::set<std::string_view> names;
  for_each_line(text, [&](std::string_view line) {
    size_t tab = line.find('\t');
    if (tab != std::string_view::npos)
      names.insert(trim(line.substr(tab + 1)));
    return true;
  });
  return names;
}

std::optional<uint64_t> find_kallsyms_address(std::string_view text, std::string_view name) {
  std::optional<uint64_t> address;
  for_each_line(text, [&](std::string_view line) {
    auto parsed = parse_kallsyms_line(line);
    if (!parsed || !parsed->name.starts_with(name))
      return true;
    std::string_view rest = parsed->name.substr(name.size());
    if ((!rest.empty() && rest[0] != '\t' && rest[0] != ' ') || parsed->address == 0)
      return true;
    address = parsed->address;
    return false;
  });
  return address;
}

std::optional<uint64_t> find_kallsyms_size(std::string_view text, std::string_view module, std::string_view name) {
  std::optional<uint64_t> largest;
  for_each_line(text, [&](std::string_view line) {
    auto parsed = parse_kallsyms_line(line);
    if (!parsed || parsed->address == 0 || !parsed->name.starts_with(name))
      return true;
    KernelFunction function = parse_name_and_module(parsed->name);
    bool is_text = std::string_view("tTwW").find(parsed->kind) != std::string_view::npos;
    if (is_text && function.name == name && (module.empty() || function.module_name() == module))
      if (uint64_t next = next_address(text, parsed->address))
        largest = std::max(largest.value_or(0), next - parsed->address);
    return true;
  });
  return largest;
}

void sort_functions(std::vector<KernelFunction> &functions) {
  // 60,000 names and more: most differ in their first letters, which are compared as one number.
  std::vector<std::pair<uint64_t, KernelFunction>> keyed;
  keyed.reserve(functions.size());
  for (const KernelFunction &function : functions)
    keyed.emplace_back(first_letters(function.name), function);
  auto key = [](const auto &entry) { return std::tie(entry.first, entry.second.name, entry.second.module); };
  std::sort(keyed.begin(), keyed.end(), [&](const auto &a, const auto &b) { return key(a) < key(b); });
  functions.clear();
  for (const auto &[letters, function] : keyed)
    if (functions.empty() || functions.back().name != function.name || functions.back().module != function.module)
      functions.push_back(function);
}

}  // namespace sonde::kernel
