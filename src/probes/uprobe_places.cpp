// Finds functions by name, pattern, demangled name, address and source line, and says what else there would be.
#include "probes/uprobe_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/text.h"
#include "elf/demangle.h"
#include "elf/instructions.h"
#include "probes/location.h"

namespace sonde::probes {
namespace {

// Names of parts of functions that the compiler moved away or copied: "f(int) [clone .cold]".
constexpr std::string_view kClone = " [clone";

std::vector<std::string> names_of(const std::vector<elf::Symbol> &functions, bool is_demangled) {
  std::vector<std::string> names;
  for (const elf::Symbol &symbol : functions) {
    std::string name(symbol.name);
    names.push_back(is_demangled ? elf::without_parameters(elf::demangled(name)) : std::move(name));
  }
  return names;
}

class PlaceFinder {
public:
  PlaceFinder(const BinaryPath &file, elf::Binary &binary, const UprobeSpec &spec, const std::string &whole,
              bool unsafe)
      : file_(file), binary_(binary), spec_(spec), whole_(whole), unsafe_(unsafe) {}

  Result<std::vector<CodePlace>> find() const {
    if (spec_.line)
      return at_line();
    if (spec_.place.address)
      return at_address(*spec_.place.address);
    if (spec_.is_demangled || has_glob(spec_.place.name))
      return matching();
    return at_function();
  }

private:
  Result<std::vector<CodePlace>> at_line() const;
  Result<std::vector<CodePlace>> at_address(uint64_t address) const;
  Result<std::vector<CodePlace>> at_function() const;
  Result<std::vector<CodePlace>> matching() const;
  Error no_function() const;
  std::optional<Error> check_boundary(const elf::Symbol &symbol, uint64_t offset) const;

  const BinaryPath &file_;
  elf::Binary &binary_;
  const UprobeSpec &spec_;
  const std::string &whole_;
  bool unsafe_;
};

Error PlaceFinder::no_function() const {
  const std::vector<elf::Symbol> &functions = binary_.symbols().functions();
  const std::string &name = spec_.place.name;
  if (functions.empty())
    return {"use", whole_, fmt::format("{} has no symbols of functions", file_.shown),
            "it was stripped: install its debug symbols, or name an address", ENOENT};
  if (has_glob(name))
    return {"use", whole_, fmt::format("no function in {} matches '{}'", file_.shown, name), {}, ENOENT};
  std::string hint;
  if (!spec_.is_demangled && !matching_functions(binary_.symbols(), name, true).empty())
    hint = fmt::format("names as in the source are written cpp:\"{}\"", name);
  else
    hint = did_you_mean(name, names_of(functions, spec_.is_demangled));
  if (hint.empty())
    hint = fmt::format("sonde -l 'uprobe:{}:*' lists them, without those that the compiler inlined everywhere",
                       file_.shown);
  return {"use", whole_, fmt::format("there is no function '{}' in {}", name, file_.shown), std::move(hint), ENOENT};
}

// A breakpoint that overwrites the middle of an instruction makes the traced program crash or, worse,
// compute something else.
std::optional<Error> PlaceFinder::check_boundary(const elf::Symbol &symbol, uint64_t offset) const {
  if (unsafe_ || offset == 0 || offset >= symbol.size)
    return std::nullopt;
  auto code = elf::read_code(elf::containing_file(file_.path), symbol.file_offset, symbol.size);
  if (!code)
    return code.error();
  if (elf::starts_instruction(*code, offset).value_or(true))
    return std::nullopt;
  return Error{"use", whole_, fmt::format("{}+{} is in the middle of an instruction", symbol.name, offset),
               "a probe there would crash the program; objdump -d shows where instructions start, --unsafe allows it"};
}

Result<std::vector<CodePlace>> PlaceFinder::at_line() const {
  auto offsets = binary_.places_of(*spec_.line);
  if (!offsets)
    return offsets.error();
  std::string shown = fmt::format("@{}:{}", spec_.line->file, spec_.line->line);
  if (spec_.line->column)
    shown += fmt::format(":{}", spec_.line->column);
  std::vector<CodePlace> places;
  for (uint64_t offset : *offsets)
    places.push_back({shown, {}, offset});
  return places;
}

Result<std::vector<CodePlace>> PlaceFinder::at_address(uint64_t address) const {
  auto offset = binary_.symbols().file_offset_of(address);
  if (!offset)
    return Error{"use", whole_, fmt::format("address {:#x} is outside the code of {}", address, file_.shown),
                 "addresses are the file's own, as nm and objdump show them"};
  // Where no symbol says otherwise it is a function that starts there.
  CodePlace place{fmt::format(":{}", address), fmt::format("{:#x}", address), *offset};
  if (const elf::Symbol *symbol = binary_.symbols().containing_offset(*offset)) {
    if (auto error = check_boundary(*symbol, *offset - symbol->file_offset))
      return *error;
    if (symbol->file_offset == *offset)
      place.function = symbol->name;
    else if (*offset - symbol->file_offset < symbol->size)
      place.function.clear();
  }
  return std::vector<CodePlace>{std::move(place)};
}

Result<std::vector<CodePlace>> PlaceFinder::at_function() const {
  const CodeLocation &wanted = spec_.place;
  const elf::Symbol *symbol = binary_.symbols().find(wanted.name);
  if (!symbol)
    return no_function();
  if (wanted.offset && symbol->size == 0 && !unsafe_)
    return Error{"use", whole_, fmt::format("the symbols of {} do not say where {} ends", file_.shown, wanted.name),
                 "--unsafe allows an offset all the same"};
  if (wanted.offset && symbol->size != 0 && wanted.offset >= symbol->size)
    return offset_past_end(whole_, wanted.name, symbol->size);
  if (auto error = check_boundary(*symbol, wanted.offset))
    return *error;
  CodePlace place{":" + wanted.name, wanted.name, symbol->file_offset + wanted.offset};
  if (wanted.offset) {
    place.shown += fmt::format("+{}", wanted.offset);
    place.function.clear();
  }
  return std::vector<CodePlace>{std::move(place)};
}

Result<std::vector<CodePlace>> PlaceFinder::matching() const {
  auto places = matching_functions(binary_.symbols(), spec_.place.name, spec_.is_demangled);
  if (places.empty())
    return no_function();
  return places;
}

// With parameters in the pattern the whole name counts, without them what stands before the parameters.
bool matches_demangled(std::string_view pattern, const std::string &name) {
  if (name.find(kClone) != std::string::npos)
    return false;
  bool is_whole = pattern.find('(') != std::string_view::npos;
  return matches_glob(pattern, is_whole ? name : elf::without_parameters(name));
}

}  // namespace

Result<std::vector<CodePlace>> find_places(const BinaryPath &file, elf::Binary &binary, const UprobeSpec &spec,
                                           const std::string &whole, bool unsafe) {
  return PlaceFinder(file, binary, spec, whole, unsafe).find();
}

std::vector<CodePlace> matching_functions(const elf::SymbolTable &symbols, std::string_view pattern,
                                          bool is_demangled) {
  std::vector<CodePlace> places;
  std::set<uint64_t> taken;
  for (const elf::Symbol &symbol : symbols.functions()) {
    std::string name(symbol.name);
    std::string shown = ":" + name;
    if (is_demangled) {
      name = elf::demangled(name);
      shown = fmt::format(":cpp:\"{}\"", name);
    }
    bool matches = is_demangled ? matches_demangled(pattern, name) : matches_glob(pattern, name);
    if (matches && taken.insert(symbol.file_offset).second)
      places.push_back({std::move(shown), std::string(symbol.name), symbol.file_offset});
  }
  std::sort(places.begin(), places.end(), [](const CodePlace &a, const CodePlace &b) { return a.shown < b.shown; });
  return places;
}

}  // namespace sonde::probes
