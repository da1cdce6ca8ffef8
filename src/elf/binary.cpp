// Opens binaries through libdwfl, which finds separate debug files by build id and by name and unpacks mini debug
// info.
#include "elf/binary.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "elf/dwarf_arguments.h"
#include "elf/dwarf_types.h"
#include "elf/elf_file.h"
#include "elf/merged_symbols.h"
#include "elf/zip_member.h"

namespace sonde::elf {
namespace {

// Where debug files lie; for a binary below /proc/PID/root, first there.
std::string debug_folders(const std::string &path) {
  constexpr std::string_view kRoot = "/root/";
  std::string folders = ":.debug:";
  size_t root = path.find(kRoot);
  if (path.starts_with("/proc/") && root != std::string::npos)
    folders += path.substr(0, root + kRoot.size() - 1) + "/usr/lib/debug:";
  return folders + "/usr/lib/debug";
}

bool is_function(const GElf_Sym &symbol, GElf_Word section) {
  int type = GELF_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && section != SHN_UNDEF && symbol.st_value != 0;
}

std::string joined(const char *folder, const char *file) {
  return folder && *file != '/' ? std::string(folder) + "/" + file : std::string(file);
}

const char *compilation_folder(Dwarf_Die *unit) {
  Dwarf_Attribute attribute;
  return dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
}

bool is_function(Dwarf_Die *die) {
  int tag = dwarf_tag(die);
  return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
}

// Calls `visit` with the functions around an address, innermost first, until it returns false.
template <typename Visit> void for_each_function(Dwarf_Die *unit, Dwarf_Addr address, Visit visit) {
  Dwarf_Die *scopes = nullptr;
  int count = dwarf_getscopes(unit, address, &scopes);
  bool goes_on = true;
  for (int i = 0; i < count && goes_on; ++i)
    if (is_function(&scopes[i]))
      goes_on = visit(&scopes[i]);
  free(scopes);
}

std::string function_name(Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  const char *linkage = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
  const char *name = linkage ? linkage : dwarf_diename(die);
  return name ? name : "";
}

uint32_t number(Dwarf_Die *die, unsigned what) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  return dwarf_formudata(dwarf_attr(die, what, &attribute), &value) == 0 ? static_cast<uint32_t>(value) : 0;
}

SourceLine call_site(Dwarf_Die *unit, Dwarf_Die *inlined) {
  Dwarf_Files *files = nullptr;
  size_t count = 0;
  SourceLine line{{}, number(inlined, DW_AT_call_line), number(inlined, DW_AT_call_column)};
  const char *file = dwarf_getsrcfiles(unit, &files, &count) == 0
                         ? dwarf_filesrc(files, number(inlined, DW_AT_call_file), nullptr, nullptr)
                         : nullptr;
  if (file)
    line.file = joined(compilation_folder(unit), file);
  return line;
}

// The whole path, or its end from a '/' on.
bool is_file(const std::string &path, const std::string &wanted) {
  return path == wanted || (!wanted.starts_with('/') && path.ends_with("/" + wanted));
}

class DwflBinary final : public Binary {
public:
  DwflBinary(std::unique_ptr<ElfFile> file, const std::string &path);
  ~DwflBinary() override { dwfl_end(dwfl_); }
  DwflBinary(const DwflBinary &) = delete;
  DwflBinary &operator=(const DwflBinary &) = delete;

  const SymbolTable &symbols() override;
  bool is_go() override { return file_->has_section(".go.buildinfo") || file_->has_section(".gopclntab"); }
  const std::vector<UsdtNote> &usdt_notes() override;
  std::optional<SourceLine> line_at(uint64_t file_offset) override;
  std::vector<InlinedCall> inlined_at(uint64_t file_offset) override;
  std::optional<FunctionArguments> arguments_at(uint64_t file_offset) override;
  NamedTypes &types() override { return types_; }
  Result<std::vector<uint64_t>> places_of(const SourceLine &line) override;

private:
  struct LineSearch;
  Dwarf_Die *unit_of(Dwarf_Addr address, Dwarf_Addr &bias);
  void search(Dwarf_Die *unit, LineSearch &search);
  Error no_code(const SourceLine &wanted, const LineSearch &search) const;

  std::unique_ptr<ElfFile> file_;
  std::string path_;
  std::string folders_;
  char *folders_text_;
  Dwfl_Callbacks callbacks_;
  Dwfl *dwfl_;
  Dwfl_Module *module_;
  std::unique_ptr<MergedSymbols> symbols_;
  std::optional<std::vector<UsdtNote>> notes_;
  DwarfTypes types_;
};

DwflBinary::DwflBinary(std::unique_ptr<ElfFile> file, const std::string &path)
    : file_(std::move(file)), path_(path), folders_(debug_folders(path)),
      folders_text_(folders_.data()), callbacks_{dwfl_build_id_find_elf, dwfl_standard_find_debuginfo, nullptr,
                                                 &folders_text_},
      dwfl_(dwfl_begin(&callbacks_)) {
  dwfl_report_begin(dwfl_);
  int fd = fcntl(file_->fd(), F_DUPFD_CLOEXEC, 0);  // which becomes the module's
  module_ = dwfl_report_elf(dwfl_, path.c_str(), path.c_str(), fd, 0, true);
  if (!module_)
    close(fd);
  dwfl_report_end(dwfl_, nullptr, nullptr);
}

// The dynamic symbols are in the other table too, unless somebody has taken it apart.
const SymbolTable &DwflBinary::symbols() {
  if (symbols_)
    return *symbols_;
  std::vector<RawSymbol> found = file_->functions(SHT_DYNSYM);
  int count = module_ ? dwfl_module_getsymtab(module_) : 0;
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr address = 0;
    GElf_Word section = 0;
    const char *name = dwfl_module_getsym_info(module_, i, &symbol, &address, &section, nullptr, nullptr);
    if (name && *name && is_function(symbol, section))
      found.push_back({name, address, symbol.st_size, GELF_ST_BIND(symbol.st_info) != STB_LOCAL});
  }
  symbols_ = std::make_unique<MergedSymbols>(file_->code_segments(), std::move(found));
  return *symbols_;
}

const std::vector<UsdtNote> &DwflBinary::usdt_notes() {
  if (!notes_)
    notes_ = read_usdt_notes(*file_);
  return *notes_;
}

// Compilers that leave out .debug_aranges leave the search to us.
Dwarf_Die *DwflBinary::unit_of(Dwarf_Addr address, Dwarf_Addr &bias) {
  if (!module_)
    return nullptr;
  if (Dwarf_Die *unit = dwfl_module_addrdie(module_, address, &bias))
    return unit;
  Dwarf_Die *unit = nullptr;
  while ((unit = dwfl_module_nextcu(module_, unit, &bias)))
    if (dwarf_haspc(unit, address - bias) == 1)
      return unit;
  return nullptr;
}

std::optional<SourceLine> DwflBinary::line_at(uint64_t file_offset) {
  auto address = file_->address_of(file_offset);
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = address ? unit_of(*address, bias) : nullptr;
  Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, *address - bias) : nullptr;
  const char *file = line ? dwarf_linesrc(line, nullptr, nullptr) : nullptr;
  int number = 0, column = 0;
  if (!file || dwarf_lineno(line, &number) != 0 || number == 0)
    return std::nullopt;
  dwarf_linecol(line, &column);
  return SourceLine{joined(compilation_folder(unit), file), static_cast<uint32_t>(number),
                    static_cast<uint32_t>(column)};
}

std::vector<InlinedCall> DwflBinary::inlined_at(uint64_t file_offset) {
  std::vector<InlinedCall> calls;
  auto address = file_->address_of(file_offset);
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = address ? unit_of(*address, bias) : nullptr;
  if (unit)
    for_each_function(unit, *address - bias, [&](Dwarf_Die *die) {
      if (dwarf_tag(die) == DW_TAG_subprogram)
        return false;
      calls.push_back({function_name(die), call_site(unit, die)});
      return true;
    });
  return calls;
}

// Go has a calling convention of its own.
std::optional<FunctionArguments> DwflBinary::arguments_at(uint64_t file_offset) {
  auto address = file_->address_of(file_offset);
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = address ? unit_of(*address, bias) : nullptr;
  std::optional<FunctionArguments> arguments;
  if (unit && dwarf_srclang(unit) != DW_LANG_Go)
    for_each_function(unit, *address - bias, [&](Dwarf_Die *die) {
      Dwarf_Addr entry = 0;
      if (dwarf_tag(die) == DW_TAG_inlined_subroutine)
        return true;
      if (dwarf_entrypc(die, &entry) == 0 && entry == *address - bias)
        arguments = sonde::elf::arguments_of(die, types_);
      return false;
    });
  return arguments;
}

struct DwflBinary::LineSearch {
  const SourceLine &wanted;
  bool has_file = false;
  std::optional<uint32_t> next_line;            // with code, behind the one that is wanted
  std::map<Dwarf_Off, Dwarf_Addr> first_place;  // by function
};

void DwflBinary::search(Dwarf_Die *unit, LineSearch &search) {
  Dwarf_Lines *lines = nullptr;
  size_t count = 0;
  if (dwarf_getsrclines(unit, &lines, &count) != 0)
    return;
  std::map<const char *, bool> matches;  // the table's names: each is one pointer
  for (size_t i = 0; i < count; ++i) {
    Dwarf_Line *line = dwarf_onesrcline(lines, i);
    bool is_statement = false, is_end = false;
    int number = 0, column = 0;
    Dwarf_Addr address = 0;
    const char *file = dwarf_linesrc(line, nullptr, nullptr);
    dwarf_linebeginstatement(line, &is_statement);
    dwarf_lineendsequence(line, &is_end);
    if (!file || !is_statement || is_end || dwarf_lineno(line, &number) != 0 || dwarf_lineaddr(line, &address) != 0)
      continue;
    dwarf_linecol(line, &column);
    auto known = matches.find(file);
    if (known == matches.end())
      known = matches.emplace(file, is_file(joined(compilation_folder(unit), file), search.wanted.file)).first;
    auto at = static_cast<uint32_t>(number);
    if (!known->second)
      continue;
    search.has_file = true;
    if (at > search.wanted.line)
      search.next_line = std::min(search.next_line.value_or(at), at);
    if (at != search.wanted.line || (search.wanted.column && search.wanted.column != static_cast<uint32_t>(column)))
      continue;
    for_each_function(unit, address, [&](Dwarf_Die *die) {
      auto place = search.first_place.emplace(dwarf_dieoffset(die), address).first;
      place->second = std::min(place->second, address);
      return false;
    });
  }
}

Error DwflBinary::no_code(const SourceLine &wanted, const LineSearch &search) const {
  constexpr const char *kAction = "use line";
  std::string object = wanted.file + ":" + std::to_string(wanted.line);
  if (!search.has_file)
    return {kAction, object, "no code of " + path_ + " comes from a file of that name", {}, ENOENT};
  if (wanted.column)
    return {kAction, object, "no code starts at column " + std::to_string(wanted.column),
            "without a column, all code of the line counts", ENOENT};
  std::string hint =
      search.next_line ? "the next line with code is " + std::to_string(*search.next_line) : std::string();
  return {kAction, object, "there is no code on that line", std::move(hint), ENOENT};
}

Result<std::vector<uint64_t>> DwflBinary::places_of(const SourceLine &line) {
  Dwarf_Addr bias = 0;
  if (!module_ || !dwfl_module_getdwarf(module_, &bias))
    return Error{"use line", line.file + ":" + std::to_string(line.line), path_ + " has no debug information",
                 "compile it with -g, or install its debug symbols", ENOENT};
  LineSearch found{line, false, {}, {}};
  Dwarf_Die *unit = nullptr;
  while ((unit = dwfl_module_nextcu(module_, unit, &bias)))
    search(unit, found);
  std::vector<uint64_t> places;
  for (auto [function, address] : found.first_place)
    if (auto offset = file_->file_offset(address + bias))
      places.push_back(*offset);
  if (places.empty())
    return no_code(line, found);
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

Result<std::shared_ptr<Binary>> open_binary(const std::string &path) {
  auto file = ElfFile::open(path);
  if (!file)
    return file.error();
  return std::shared_ptr<Binary>(std::make_shared<DwflBinary>(file.take(), path));
}

std::string containing_file(const std::string &path) {
  auto zip = split_zip_path(path);
  return zip ? zip->archive : path;
}

Result<std::shared_ptr<Binary>> Binaries::open(const std::string &path) {
  auto known = known_.find(path);
  if (known == known_.end())
    known = known_.emplace(path, open_binary(path)).first;
  return known->second;
}

}  // namespace sonde::elf
