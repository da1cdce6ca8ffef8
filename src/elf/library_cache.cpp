// Parses the cache's current format ("glibc-ld.so.cache1.1"): a header, entries that point to strings by
// offsets from the header, the strings. Described in glibc's sysdeps/generic/dl-cache.h.
#include "elf/library_cache.h"

#include <cstdint>
#include <cstring>

namespace sonde::elf {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";

struct Header {
  char magic[20];
  uint32_t count;
  uint32_t strings_size;
  uint32_t flags_and_padding;
  uint32_t extension_offset;
  uint32_t unused[3];
};
static_assert(sizeof(Header) == 48);

struct Entry {
  int32_t flags;
  uint32_t name;  // offsets of NUL-terminated strings from the header
  uint32_t path;
  uint32_t os_version;
  uint64_t hardware;
};
static_assert(sizeof(Entry) == 24);

// Entries for other ABIs (32-bit, x32) have other values in the second byte.
#if defined(__x86_64__)
constexpr int32_t kAbi = 0x0300;
#else
constexpr int32_t kAbi = 0x0a00;
#endif

std::string_view string_at(std::string_view cache, uint32_t offset) {
  if (offset >= cache.size())
    return {};
  std::string_view rest = cache.substr(offset);
  size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

bool is_library_of(std::string_view found, std::string_view name) {
  if (found == name)
    return true;
  if (name.find(".so") != std::string_view::npos)
    return found.starts_with(name) && found.substr(name.size()).starts_with(".");
  return found.starts_with(name) && found.substr(name.size()).starts_with(".so");
}

}  // namespace

std::optional<std::string> find_in_library_cache(std::string_view cache, std::string_view name) {
  // Old caches carry the same data behind a part in the format before.
  size_t start = cache.find(kMagic);
  if (start == std::string_view::npos || cache.size() - start < sizeof(Header))
    return std::nullopt;
  cache.remove_prefix(start);
  Header header;
  std::memcpy(&header, cache.data(), sizeof header);
  if (header.count > (cache.size() - sizeof header) / sizeof(Entry))
    return std::nullopt;
  for (uint32_t i = 0; i < header.count; ++i) {
    Entry entry;
    std::memcpy(&entry, cache.data() + sizeof header + i * sizeof entry, sizeof entry);
    if ((entry.flags & 0xff00) != kAbi || !is_library_of(string_at(cache, entry.name), name))
      continue;
    std::string_view path = string_at(cache, entry.path);
    if (!path.empty())
      return std::string(path);
  }
  return std::nullopt;
}

}  // namespace sonde::elf
