#include "kernel/preemption.h"

#include <sys/utsname.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/read_file.h"
#include "base/text.h"

namespace sonde::kernel {
namespace {

bool mode_is_preemptible(std::string_view mode) { return mode != "none" && mode != "voluntary"; }

// The word in parentheses.
std::optional<std::string_view> chosen(std::string_view mode) {
  size_t open = mode.find('('), close = mode.find(')', open);
  if (close == std::string_view::npos)
    return std::nullopt;
  return mode.substr(open + 1, close - open - 1);
}

std::optional<std::string_view> asked_for(std::string_view command_line) {
  constexpr std::string_view kOption = "preempt=";
  std::optional<std::string_view> value;
  for (std::string_view word : split(command_line, ' '))
    if (word = trim(word); word.starts_with(kOption))
      value = word.substr(kOption.size());
  return value;
}

// gzread() passes on what is not compressed.
std::string read_text(const std::string &path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rbe");
  if (!file)
    return text;
  std::array<char, 16384> piece{};
  for (int got; (got = gzread(file, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<size_t>(got));
  gzclose(file);
  return text;
}

bool find_out() {
  utsname names{};
  uname(&names);
  PreemptionFacts facts;
  facts.built = names.version;
  auto mode = read_file("/sys/kernel/debug/sched/preempt"), command_line = read_file("/proc/cmdline");
  if (mode)
    facts.mode = *mode;
  if (command_line)
    facts.command_line = *command_line;
  std::string config;
  if (!mode && !asked_for(facts.command_line)) {
    config = read_text("/proc/config.gz");
    if (config.empty())
      config = read_text(std::string("/boot/config-") + names.release);
    facts.config = config;
  }
  return is_preemptible(facts);
}

}  // namespace

bool is_preemptible(const PreemptionFacts &facts) {
  if (facts.built.find("PREEMPT") == std::string_view::npos)
    return false;
  if (auto mode = chosen(facts.mode))
    return mode_is_preemptible(*mode);
  if (auto mode = asked_for(facts.command_line))
    return mode_is_preemptible(*mode);
  auto is_set = [&](std::string_view option) { return facts.config.find(option) != std::string_view::npos; };
  return !is_set("\nCONFIG_PREEMPT_NONE=y\n") && !is_set("\nCONFIG_PREEMPT_VOLUNTARY=y\n");
}

bool kernel_is_preemptible() {
  static const bool answer = find_out();
  return answer;
}

}  // namespace sonde::kernel
