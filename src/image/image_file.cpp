// The file form: the object's own bytes, then a `.sonde` section and a new section header table.
//
// Nothing of the object moves: what is added lies behind it, and three fields of the ELF header
// point there. The section remembers the old values, so the object comes back byte for byte.
#include "image/image_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <zlib.h>

#include <cstring>

#include "image/metadata.h"
#include "image/metadata_fields.h"

namespace sonde::image {
namespace {

constexpr char kSectionName[] = ".sonde";
constexpr char kMagic[8] = {'s', 'o', 'n', 'd', 'e', '\r', '\n', '\x1a'};

// First bytes of the section; all numbers little-endian, as in the BPF object around it.
struct SectionHeader {
  char magic[8];
  uint32_t version;
  uint32_t checksum;       // CRC-32 of the object, then of the JSON
  uint64_t object_size;    // the object is the file's first bytes
  uint64_t section_table;  // e_shoff of the object by itself
  uint64_t json_size;
};
static_assert(sizeof(SectionHeader) == 40);

Error damaged(std::string cause) { return {"read the image", "", std::move(cause), {}, 0}; }
Error unusable(std::string cause) { return {"write the image", "", std::move(cause), {}, 0}; }

// A copy of the T at `offset`, or nothing when it would lie outside.
template <typename T> std::optional<T> load(std::span<const uint8_t> bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T))
    return {};
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<std::span<const uint8_t>> slice(std::span<const uint8_t> bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size)
    return {};
  return bytes.subspan(offset, size);
}

template <typename T> void append(std::vector<uint8_t> &out, const T &value) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

void align(std::vector<uint8_t> &out) { out.resize((out.size() + 7) / 8 * 8); }

struct Sections {
  Elf64_Ehdr header;
  std::vector<Elf64_Shdr> table;
  std::span<const uint8_t> names;
};

// The section table, or why these bytes are no BPF object.
Result<Sections> read_sections(std::span<const uint8_t> bytes) {
  auto header = load<Elf64_Ehdr>(bytes, 0);
  if (!header)
    return damaged("it is too short for an ELF file");
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
    return damaged("it is not an ELF file");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_BPF)
    return damaged("it is an ELF file, but not a little-endian BPF object");
  if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shstrndx >= header->e_shnum)
    return damaged("its section table is not understood");
  Sections sections{*header, {}, {}};
  for (uint64_t i = 0; i < header->e_shnum; ++i) {
    auto section = load<Elf64_Shdr>(bytes, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section || header->e_shoff > bytes.size())
      return damaged("its section table lies outside the file");
    sections.table.push_back(*section);
  }
  const Elf64_Shdr &names = sections.table[header->e_shstrndx];
  auto text = slice(bytes, names.sh_offset, names.sh_size);
  if (!text)
    return damaged("its section names lie outside the file");
  sections.names = *text;
  return sections;
}

bool has_name(const Sections &sections, const Elf64_Shdr &section, std::string_view wanted) {
  auto name = slice(sections.names, section.sh_name, wanted.size() + 1);
  return name && std::memcmp(name->data(), wanted.data(), wanted.size()) == 0 && name->back() == '\0';
}

uint32_t checksum(std::span<const uint8_t> object, std::string_view json) {
  uLong sum = crc32_z(0, object.data(), object.size());
  return static_cast<uint32_t>(crc32_z(sum, reinterpret_cast<const Bytef *>(json.data()), json.size()));
}

// The object with the section table that it had by itself.
std::vector<uint8_t> restore_object(std::span<const uint8_t> file, const SectionHeader &header) {
  std::vector<uint8_t> object(file.begin(), file.begin() + static_cast<ptrdiff_t>(header.object_size));
  auto elf = *load<Elf64_Ehdr>(object, 0);
  elf.e_shoff = header.section_table;
  elf.e_shnum -= 1;
  std::memcpy(object.data(), &elf, sizeof elf);
  return object;
}

}  // namespace

Result<std::vector<uint8_t>> write_image(const ProgramImage &image) {
  auto sections = read_sections(image.object);
  if (!sections)
    return unusable("the object: " + sections.error().cause);
  if (sections->header.e_shnum >= SHN_LORESERVE - 1)
    return unusable("the object has too many sections");
  for (const Elf64_Shdr &section : sections->table)
    if (has_name(*sections, section, kSectionName))
      return unusable("the object has a .sonde section already");

  std::string json = metadata_json(image);
  std::vector<uint8_t> out = image.object;
  align(out);
  Elf64_Shdr &names = sections->table[sections->header.e_shstrndx];
  uint32_t name = static_cast<uint32_t>(names.sh_size);
  names.sh_offset = out.size();
  names.sh_size += sizeof kSectionName;
  out.insert(out.end(), sections->names.begin(), sections->names.end());
  out.insert(out.end(), std::begin(kSectionName), std::end(kSectionName));

  align(out);
  Elf64_Shdr added{};
  added.sh_name = name;
  added.sh_type = SHT_PROGBITS;
  added.sh_addralign = 8;
  added.sh_offset = out.size();
  added.sh_size = sizeof(SectionHeader) + json.size();
  SectionHeader header{
      {},         metadata::kFormatVersion, checksum(image.object, json), image.object.size(), sections->header.e_shoff,
      json.size()};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  append(out, header);
  out.insert(out.end(), json.begin(), json.end());

  align(out);
  sections->header.e_shoff = out.size();
  sections->header.e_shnum += 1;
  for (const Elf64_Shdr &section : sections->table)
    append(out, section);
  append(out, added);
  std::memcpy(out.data(), &sections->header, sizeof sections->header);
  return out;
}

Result<ProgramImage> read_image(std::span<const uint8_t> bytes) {
  auto sections = read_sections(bytes);
  if (!sections)
    return sections.error();
  if (sections->table.empty() || !has_name(*sections, sections->table.back(), kSectionName))
    return Error{"read the image", "", "it is a BPF object, but not one that sonde built",
                 "'sonde build SCRIPT -o FILE.bpf.o' makes one", 0};
  const Elf64_Shdr &section = sections->table.back();
  auto content = slice(bytes, section.sh_offset, section.sh_size);
  auto header = content ? load<SectionHeader>(*content, 0) : std::nullopt;
  if (!header)
    return damaged("its .sonde section is cut off");
  if (std::memcmp(header->magic, kMagic, sizeof kMagic) != 0)
    return damaged("its .sonde section does not start with the right bytes");
  if (header->version != metadata::kFormatVersion)
    return damaged(
        fmt::format("it has format {}, this sonde reads format {}", header->version, metadata::kFormatVersion));
  auto json = slice(*content, sizeof(SectionHeader), header->json_size);
  if (!json || header->object_size > bytes.size() || header->object_size < sizeof(Elf64_Ehdr))
    return damaged("its parts are larger than the file");

  std::vector<uint8_t> object = restore_object(bytes, *header);
  std::string_view text(reinterpret_cast<const char *>(json->data()), json->size());
  if (checksum(object, text) != header->checksum)
    return damaged("it was changed after it was built: its checksum does not fit");
  auto image = metadata::read_json(text);
  if (!image)
    return image.error();
  image->object = std::move(object);
  if (std::string fault = metadata::find_fault(*image); !fault.empty())
    return damaged("its parts do not fit together: " + fault);
  return image;
}

std::optional<std::span<const uint8_t>> find_section(std::span<const uint8_t> object, std::string_view name) {
  auto sections = read_sections(object);
  if (!sections)
    return std::nullopt;
  for (const Elf64_Shdr &section : sections->table)
    if (has_name(*sections, section, name))
      return slice(object, section.sh_offset, section.sh_size);
  return std::nullopt;
}

}  // namespace sonde::image
