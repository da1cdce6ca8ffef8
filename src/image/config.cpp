// The table of settings.
#include "image/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "types/stack.h"

namespace sonde::image {
namespace {

// A per-CPU map value, in which strings are built, holds at most 32 KiB.
constexpr uint64_t kMaxStringSize = 32000;

constexpr std::string_view kMissingProbes[] = {"error", "warn", "ignore"};

Error bad_value(std::string_view text, std::string cause) {
  return {"use the value", fmt::format("'{}'", text), std::move(cause), {}, 0};
}

template <uint64_t Config::*member, uint64_t low, uint64_t high>
Result<void> set_number(Config &config, std::string_view text) {
  uint64_t value = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || status != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return bad_value(text, fmt::format("it must be a whole number from {} to {}", low, high));
  config.*member = value;
  return {};
}

Result<void> set_max_strlen(Config &config, std::string_view text) {
  config.max_strlen_was_given = true;
  return set_number<&Config::max_strlen, 1, kMaxStringSize>(config, text);
}

template <uint64_t Config::*member> std::string get_number(const Config &config) {
  return std::to_string(config.*member);
}

template <bool Config::*member, bool inverted = false> Result<void> set_bool(Config &config, std::string_view text) {
  bool is_true = text == "1" || text == "true";
  if (!is_true && text != "0" && text != "false")
    return bad_value(text, "it must be 0 (false) or 1 (true)");
  config.*member = is_true != inverted;
  return {};
}

template <bool Config::*member, bool inverted = false> std::string get_bool(const Config &config) {
  return config.*member != inverted ? "1" : "0";
}

template <std::string Config::*member> Result<void> set_text(Config &config, std::string_view text) {
  config.*member = text;
  return {};
}

template <std::string Config::*member> std::string get_text(const Config &config) { return config.*member; }

Result<void> set_missing_probes(Config &config, std::string_view text) {
  if (std::find(std::begin(kMissingProbes), std::end(kMissingProbes), text) == std::end(kMissingProbes))
    return bad_value(text, "it must be error, warn or ignore");
  config.missing_probes = text;
  return {};
}

Result<void> set_stack_mode(Config &config, std::string_view text) {
  if (std::find(kStackModeNames.begin(), kStackModeNames.end(), text) == kStackModeNames.end())
    return bad_value(text, "it must be bpftrace, perf, raw or build_id");
  config.stack_mode = text;
  return {};
}

Result<void> set_license(Config &config, std::string_view text) {
  if (text.empty())
    return bad_value(text, "it must not be empty: the kernel asks for a licence");
  config.license = text;
  return {};
}

template <uint64_t Config::*member, uint64_t low, uint64_t high>
constexpr ConfigKey number(std::string_view name, std::string_view old_name, std::string_view summary) {
  return {name, old_name, summary, set_number<member, low, high>, get_number<member>};
}

template <bool Config::*member> constexpr ConfigKey flag(std::string_view name, std::string_view summary) {
  return {name, "", summary, set_bool<member>, get_bool<member>};
}

constexpr ConfigKey of_run(ConfigKey key) {
  key.is_of_run = true;
  return key;
}

constexpr uint64_t kMany = 0xffffffff;  // what a u32 of the kernel's interfaces can count

constexpr std::array kKeys = {
    of_run(flag<&Config::cpp_demangle>("cpp_demangle", "show C++ symbols as they read in the source")),
    flag<&Config::lazy_symbolication>("lazy_symbolication", "resolve user symbols when printing, not when recorded"),
    ConfigKey{"license", "", "licence that the programs declare to the kernel", set_license,
              get_text<&Config::license>},
    of_run(number<&Config::log_size, 1, 1 << 30>("log_size", "", "bytes for the kernel's verifier log")),
    number<&Config::max_bpf_progs, 1, kMany>("max_bpf_progs", "", "most BPF programs that one script may become"),
    of_run(number<&Config::max_cat_bytes, 1, 1 << 30>("max_cat_bytes", "cat_bytes_max",
                                                      "most bytes of a file that cat() prints")),
    number<&Config::max_map_keys, 1, kMany>("max_map_keys", "map_keys_max", "most keys of a map"),
    of_run(number<&Config::max_probes, 1, kMany>("max_probes", "", "most places that one script may attach to")),
    ConfigKey{"max_strlen", "strlen", "most bytes of a string that str() reads; before Linux 5.11, 200 by default",
              set_max_strlen, get_number<&Config::max_strlen>},
    of_run({"missing_probes", "", "what to do about places that do not exist: error, warn or ignore",
            set_missing_probes, get_text<&Config::missing_probes>}),
    number<&Config::on_stack_limit, 0, 512>("on_stack_limit", "", "largest value in bytes that is kept on the stack"),
    of_run(number<&Config::perf_rb_pages, 0, 1 << 20>("perf_rb_pages", "",
                                                      "pages of the ring buffer; 0 lets sonde choose")),
    of_run(flag<&Config::print_maps_on_exit>("print_maps_on_exit", "print all maps that are not empty at exit")),
    of_run(
        flag<&Config::show_debug_info>("show_debug_info", "show file and line, and what was inlined, in user stacks")),
    ConfigKey{"stack_mode", "", "how stacks print: bpftrace, perf, raw or build_id", set_stack_mode,
              get_text<&Config::stack_mode>},
    of_run({"str_trunc_trailer", "", "what is printed after a string that did not fit",
            set_text<&Config::str_trunc_trailer>, get_text<&Config::str_trunc_trailer>}),
};

// An old name whose sense is the opposite of the new one.
constexpr ConfigKey kNoCppDemangle = {"no_cpp_demangle", "", "the opposite of cpp_demangle",
                                      set_bool<&Config::cpp_demangle, true>, get_bool<&Config::cpp_demangle, true>};

// Settings without an effect: what the values that change nothing are, and the reason.
struct Inert {
  std::string_view name;
  std::array<std::string_view, 2> as_it_is;
  std::string_view reason;
};
constexpr std::string_view kPartOfLanguage = "this is a part of the language here";
constexpr std::string_view kGone = "bpftrace gave it up as well";
constexpr std::array kInert{
    Inert{"cache_user_symbols", {}, "symbols are kept by file, mappings by process, as long as they are wanted"},
    Inert{"use_blazesym", {}, "user symbols are found without it; show_debug_info = 0 leaves out files and lines"},
    Inert{"unstable_map_decl", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_tseries", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_addr", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_macro", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_import", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_import_statement", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_typeinfo", {"enable", "warn"}, kPartOfLanguage},
    Inert{"unstable_dw_ustack", {"error", "error"}, "user stacks are followed by their frame pointers"},
    Inert{"symbol_source", {}, kGone},
    Inert{"max_type_res_iterations", {}, kGone},
};
constexpr std::string_view kEnvironmentOnly[] = {"btf",     "kernel_build", "kernel_source",
                                                 "vmlinux", "color",        "debug_output"};

// "BPFTRACE_MAX_STRLEN" → "max_strlen"
std::string plain_name(std::string_view name) {
  std::string plain = to_lower(name);
  constexpr std::string_view kPrefix = "bpftrace_";
  return plain.starts_with(kPrefix) ? plain.substr(kPrefix.size()) : plain;
}

const Inert *find_inert(std::string_view name) {
  std::string plain = plain_name(name);
  for (const Inert &row : kInert)
    if (row.name == plain)
      return &row;
  return nullptr;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

Result<void> apply_variable(Config &config, std::string_view prefix, const ConfigKey &key, std::string_view name) {
  std::string variable = std::string(prefix) + upper(name);
  const char *text = std::getenv(variable.c_str());
  if (!text)
    return {};
  if (auto done = key.set(config, text); !done)
    return Error{"use the environment variable", variable, fmt::format("'{}': {}", text, done.error().cause), {}, 0};
  config.from_environment.emplace_back(current_name(key));
  return {};
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey *find_config_key(std::string_view name) {
  std::string plain = plain_name(name);
  for (const ConfigKey &key : kKeys)
    if (key.name == plain || (!key.old_name.empty() && key.old_name == plain))
      return &key;
  return plain == kNoCppDemangle.name ? &kNoCppDemangle : nullptr;
}

std::string_view current_name(const ConfigKey &key) { return &key == &kNoCppDemangle ? "cpp_demangle" : key.name; }

bool is_without_effect(std::string_view name) { return find_inert(name); }

std::optional<std::string> why_without_effect(std::string_view name, std::string_view value) {
  const Inert *row = find_inert(name);
  if (!row || std::find(row->as_it_is.begin(), row->as_it_is.end(), value) != row->as_it_is.end())
    return std::nullopt;
  return std::string(row->reason);
}

bool is_environment_only(std::string_view name) {
  std::string plain = plain_name(name);
  return std::find(std::begin(kEnvironmentOnly), std::end(kEnvironmentOnly), plain) != std::end(kEnvironmentOnly);
}

Result<void> apply_environment(Config &config) {
  for (std::string_view prefix : {"BPFTRACE_", "SONDE_"}) {
    if (auto done = apply_variable(config, prefix, kNoCppDemangle, kNoCppDemangle.name); !done)
      return done;
    for (const ConfigKey &key : kKeys)
      for (std::string_view name : {key.old_name, key.name})
        if (auto done = name.empty() ? Result<void>() : apply_variable(config, prefix, key, name); !done)
          return done;
  }
  return {};
}

Result<std::vector<std::string>> apply_environment_of_run(Config &config) {
  Config asked = config;
  asked.from_environment.clear();
  if (auto done = apply_environment(asked); !done)
    return done.error();
  std::vector<std::string> settled_by_build;
  for (const std::string &name : asked.from_environment) {
    const ConfigKey &key = *find_config_key(name);
    std::string value = key.get(asked);
    if (value == key.get(config))
      continue;
    if (!key.is_of_run)
      settled_by_build.push_back(name);
    else if (auto done = key.set(config, value); !done)
      return done.error();
  }
  return settled_by_build;
}

}  // namespace sonde::image
