// The architectures that programs are made for: those whose registers, calling convention and system calls are known.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde {

enum class Arch : uint8_t { X86_64, Arm64 };

// In their order, as options and images spell them.
inline constexpr std::array<std::string_view, 2> kArchNames = {"x86_64", "arm64"};

constexpr std::string_view name_of(Arch arch) { return kArchNames[static_cast<size_t>(arch)]; }

constexpr std::optional<Arch> parse_arch(std::string_view name) {
  for (size_t i = 0; i < kArchNames.size(); ++i)
    if (kArchNames[i] == name)
      return static_cast<Arch>(i);
  return std::nullopt;
}

// That of the machine that this program runs on.
constexpr Arch native_arch() {
#if defined(__aarch64__)
  return Arch::Arm64;
#else
  return Arch::X86_64;
#endif
}

}  // namespace sonde
