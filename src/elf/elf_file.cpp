// Reads ELF through a memory map: a binary's symbols are a small part of it.
#include "elf/elf_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "elf/zip_member.h"

namespace sonde::elf {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
#error "no ELF machine is known for this architecture"
#endif

constexpr const char *kAction = "read symbols of";

// Why a file that is ELF cannot be probed here, or nothing.
std::optional<std::string> foreign_cause(Elf *elf) {
  if (gelf_getclass(elf) == ELFCLASS32)
    return "it is a 32-bit program, and only 64-bit ones can be probed";
  GElf_Ehdr header;
  if (!gelf_getehdr(elf, &header))
    return "its ELF header is damaged";
  if (header.e_machine != kMachine)
    return "it was built for another machine";
  return std::nullopt;
}

// What is wrong with the path itself, before anything is read.
Result<int> open_regular_file(const std::string &path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0)
    return Error::from_errno(kAction, path, errno);
  if (S_ISDIR(status.st_mode))
    return Error{kAction, path, "it is a directory", {}, EISDIR};
  if (!S_ISREG(status.st_mode))
    return Error{kAction, path, "it is not a regular file", {}, EINVAL};
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno(kAction, path, errno);
  return fd;
}

// libelf wants a file that begins with the ELF header.
Result<int> copy_member(int archive, const ZipMember &member, const std::string &path) {
  int copy = memfd_create("sonde-zip-member", MFD_CLOEXEC);
  auto at = static_cast<off_t>(member.offset);
  uint64_t left = member.size;
  while (copy >= 0 && left > 0) {
    ssize_t done = sendfile(copy, archive, &at, left);
    if (done <= 0)
      break;
    left -= static_cast<uint64_t>(done);
  }
  int error_number = errno;
  close(archive);
  if (copy < 0 || left > 0) {
    if (copy >= 0)
      close(copy);
    return Error::from_errno(kAction, path, error_number);
  }
  return copy;
}

Result<int> open_elf(const std::string &path, ZipMember &member) {
  auto zip = split_zip_path(path);
  if (!zip)
    return open_regular_file(path);
  auto found = find_zip_member(*zip);
  if (!found)
    return found.error();
  member = *found;
  auto archive = open_regular_file(zip->archive);
  return archive ? copy_member(*archive, member, path) : archive;
}

bool is_function(const GElf_Sym &symbol) {
  int type = GELF_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

}  // namespace

Result<std::unique_ptr<ElfFile>> ElfFile::open(const std::string &path) {
  elf_version(EV_CURRENT);
  ZipMember member;
  auto fd = open_elf(path, member);
  if (!fd)
    return fd.error();
  Elf *elf = elf_begin(*fd, ELF_C_READ_MMAP, nullptr);
  std::unique_ptr<ElfFile> file(new ElfFile(*fd, elf, member.offset));
  if (!elf || elf_kind(elf) != ELF_K_ELF)
    return Error{kAction, path, "it is not an ELF file", "a uprobe needs a compiled program or library"};
  if (auto cause = foreign_cause(elf))
    return Error{kAction, path, *cause, {}};
  return file;
}

ElfFile::~ElfFile() {
  elf_end(elf_);
  close(fd_);
}

std::vector<Segment> ElfFile::code_segments() const {
  std::vector<Segment> segments;
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0)
    return segments;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_, static_cast<int>(i), &header) && header.p_type == PT_LOAD && (header.p_flags & PF_X))
      segments.push_back({header.p_vaddr, header.p_offset + start_, header.p_filesz});
  }
  return segments;
}

Elf_Scn *ElfFile::find_section(uint32_t kind) const {
  for (Elf_Scn *section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) && header.sh_type == kind)
      return section;
  }
  return nullptr;
}

std::vector<RawSymbol> ElfFile::functions(uint32_t section_kind) const {
  std::vector<RawSymbol> symbols;
  Elf_Scn *section = find_section(section_kind);
  GElf_Shdr header;
  Elf_Data *data = section ? elf_getdata(section, nullptr) : nullptr;
  if (!data || !gelf_getshdr(section, &header) || header.sh_entsize == 0)
    return symbols;
  size_t count = data->d_size / header.sh_entsize;
  for (size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, static_cast<int>(i), &symbol) || !is_function(symbol))
      continue;
    const char *name = elf_strptr(elf_, header.sh_link, symbol.st_name);
    if (name && *name)
      symbols.push_back({name, symbol.st_value, symbol.st_size, GELF_ST_BIND(symbol.st_info) != STB_LOCAL});
  }
  return symbols;
}

std::optional<RawSymbol> ElfFile::variable(uint32_t section_kind, std::string_view name) const {
  Elf_Scn *section = find_section(section_kind);
  GElf_Shdr header;
  Elf_Data *data = section ? elf_getdata(section, nullptr) : nullptr;
  if (!data || !gelf_getshdr(section, &header) || header.sh_entsize == 0)
    return std::nullopt;
  for (size_t i = 0; i < data->d_size / header.sh_entsize; ++i) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, static_cast<int>(i), &symbol) || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT ||
        symbol.st_shndx == SHN_UNDEF)
      continue;
    const char *found = elf_strptr(elf_, header.sh_link, symbol.st_name);
    if (found && found == name)
      return RawSymbol{found, symbol.st_value, symbol.st_size, GELF_ST_BIND(symbol.st_info) != STB_LOCAL};
  }
  return std::nullopt;
}

bool ElfFile::is_position_independent() const {
  GElf_Ehdr header;
  return gelf_getehdr(elf_, &header) && header.e_type == ET_DYN;
}

std::optional<uint64_t> ElfFile::file_offset(uint64_t address) const {
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0)
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_, static_cast<int>(i), &header) && header.p_type == PT_LOAD && address >= header.p_vaddr &&
        address - header.p_vaddr < header.p_filesz)
      return address - header.p_vaddr + header.p_offset + start_;
  }
  return std::nullopt;
}

std::optional<uint64_t> ElfFile::address_of(uint64_t file_offset) const {
  for (const Segment &segment : code_segments())
    if (file_offset >= segment.file_offset && file_offset - segment.file_offset < segment.size)
      return file_offset - segment.file_offset + segment.address;
  return std::nullopt;
}

Elf_Scn *ElfFile::find_section(std::string_view name) const {
  size_t names = 0;
  if (elf_getshdrstrndx(elf_, &names) != 0)
    return nullptr;
  for (Elf_Scn *section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    const char *found = gelf_getshdr(section, &header) ? elf_strptr(elf_, names, header.sh_name) : nullptr;
    if (found && name == found)
      return section;
  }
  return nullptr;
}

uint64_t ElfFile::section_address(std::string_view name) const {
  GElf_Shdr header;
  Elf_Scn *section = find_section(name);
  return section && gelf_getshdr(section, &header) ? header.sh_addr : 0;
}

void ElfFile::for_each_note(const std::function<void(uint32_t, std::string_view, std::string_view)> &visit) const {
  for (Elf_Scn *section = elf_nextscn(elf_, nullptr); section; section = elf_nextscn(elf_, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
      continue;
    Elf_Data *data = elf_getdata(section, nullptr);
    GElf_Nhdr note;
    size_t name = 0, contents = 0;
    for (size_t at = 0; data && (at = gelf_getnote(data, at, &note, &name, &contents)) > 0;) {
      const char *bytes = static_cast<const char *>(data->d_buf);
      // The owner's length counts its NUL.
      std::string_view owner(bytes + name, note.n_namesz ? note.n_namesz - 1 : 0);
      visit(note.n_type, owner, {bytes + contents, note.n_descsz});
    }
  }
}

}  // namespace sonde::elf
