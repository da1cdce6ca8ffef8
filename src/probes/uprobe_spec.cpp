// Parses what uprobes and uretprobes are set on.
#include "probes/uprobe_spec.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kDemangled = "cpp:";

bool is_number(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

// "prog@file.c" and "12:5"; a path may also hold an '@' of its own, but then no number follows.
Result<elf::SourceLine> parse_line(std::string_view file, std::string_view numbers, const std::string &whole) {
  size_t colon = numbers.find(':');
  auto line = parse_number(trim(numbers.substr(0, colon)));
  auto column =
      colon == std::string_view::npos ? std::optional<uint64_t>(0) : parse_number(trim(numbers.substr(colon + 1)));
  if (!line || !column || *line == 0 || *line > UINT32_MAX || *column > UINT32_MAX)
    return Error{"use", whole, fmt::format("'{}' is not the number of a line", numbers),
                 "write BINARY@FILE:LINE or BINARY@FILE:LINE:COLUMN"};
  return elf::SourceLine{std::string(file), static_cast<uint32_t>(*line), static_cast<uint32_t>(*column)};
}

}  // namespace

Result<UprobeSpec> parse_uprobe_spec(std::string_view spec, const std::string &whole) {
  UprobeSpec parsed;
  std::string_view rest = spec;
  parsed.binary = take_part(rest);
  rest = trim(rest);
  size_t at = parsed.binary.rfind('@');
  if (at != std::string::npos && at + 1 < parsed.binary.size() && is_number(rest)) {
    auto line = parse_line(std::string_view(parsed.binary).substr(at + 1), rest, whole);
    if (!line)
      return line.error();
    parsed.line = line.take();
    parsed.binary.resize(at);
  }
  if (parsed.binary.empty() || rest.empty()) {
    std::string_view provider = std::string_view(whole).substr(0, whole.find(':'));
    return Error{"use", whole, "a binary and a function in it are needed",
                 fmt::format("write {}:BINARY:FUNCTION, such as {}:/bin/bash:readline", provider, provider)};
  }
  if (parsed.line)
    return parsed;
  parsed.is_demangled = rest.starts_with(kDemangled);
  if (parsed.is_demangled)
    rest.remove_prefix(kDemangled.size());
  auto place = parse_location(rest, whole);
  if (!place)
    return place.error();
  parsed.place = place.take();
  return parsed;
}

}  // namespace sonde::probes
