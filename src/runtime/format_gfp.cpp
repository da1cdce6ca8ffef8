// Flags of page allocations by name, as the kernel's %pGg shows them (include/trace/events/mmflags.h; the bits are
// those of Linux 4.20 to 6.18).
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "runtime/format_names.h"

namespace sonde::runtime {
namespace {

struct GfpName {
  uint64_t bits;
  std::string_view name;
};
// Names of several bits first, and of these the ones with most.
constexpr std::array<GfpName, 37> kGfpNames = {{
    {0x1c24ca, "GFP_TRANSHUGE"},
    {0x1c20ca, "GFP_TRANSHUGE_LIGHT"},
    {0x100cca, "GFP_HIGHUSER_MOVABLE"},
    {0x100cc2, "GFP_HIGHUSER"},
    {0x100cc0, "GFP_USER"},
    {0x400cc0, "GFP_KERNEL_ACCOUNT"},
    {0x000cc0, "GFP_KERNEL"},
    {0x000c40, "GFP_NOFS"},
    {0x000820, "GFP_ATOMIC"},
    {0x000c00, "GFP_NOIO"},
    {0x002800, "GFP_NOWAIT"},
    {0x1, "GFP_DMA"},
    {0x2, "__GFP_HIGHMEM"},
    {0x4, "GFP_DMA32"},
    {0x8, "__GFP_MOVABLE"},
    {0x10, "__GFP_RECLAIMABLE"},
    {0x20, "__GFP_HIGH"},
    {0x40, "__GFP_IO"},
    {0x80, "__GFP_FS"},
    {0x100, "__GFP_ZERO"},
    {0x400, "__GFP_DIRECT_RECLAIM"},
    {0x800, "__GFP_KSWAPD_RECLAIM"},
    {0x1000, "__GFP_WRITE"},
    {0x2000, "__GFP_NOWARN"},
    {0x4000, "__GFP_RETRY_MAYFAIL"},
    {0x8000, "__GFP_NOFAIL"},
    {0x10000, "__GFP_NORETRY"},
    {0x20000, "__GFP_MEMALLOC"},
    {0x40000, "__GFP_COMP"},
    {0x80000, "__GFP_NOMEMALLOC"},
    {0x100000, "__GFP_HARDWALL"},
    {0x200000, "__GFP_THISNODE"},
    {0x400000, "__GFP_ACCOUNT"},
    {0x800000, "__GFP_ZEROTAGS"},
    {0x1000000, "__GFP_SKIP_ZERO"},
    {0x2000000, "__GFP_SKIP_KASAN"},
    {0x4000000, "__GFP_NO_OBJ_EXT"},
}};

}  // namespace

void append_gfp_names(std::string &out, uint64_t flags) {
  const char *separator = "";
  for (const GfpName &row : kGfpNames) {
    if (row.bits == 0 || (flags & row.bits) != row.bits)
      continue;
    out += separator;
    out += row.name;
    separator = "|";
    flags &= ~row.bits;
  }
  if (flags != 0)
    fmt::format_to(std::back_inserter(out), "{}{:#x}", separator, flags);
  else if (!*separator)
    out += '0';
}

}  // namespace sonde::runtime
