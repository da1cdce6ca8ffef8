// Reads libbpf's messages and verifier logs for the few facts that a user can act on.
#include "runtime/load_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/diagnostics.h"
#include "base/text.h"
#include "runtime/script_place.h"

namespace sonde::runtime {
namespace {

bool is_at_trampoline(const image::ProgramSpec &program) {
  return program.provider == image::ProviderKind::Fentry || program.provider == image::ProviderKind::Fexit;
}

// The kernel says nothing else of a program that it does not even look at.
void explain_refusal(Error &error, const image::ProgramSpec *program, const kernel::Rights &rights) {
  kernel::NotPermitted why = kernel::explain_not_permitted(rights);
  if (program && is_at_trampoline(*program) && rights.loads_programs && rights.lockdown.empty())
    why = {"this kernel has no BPF trampolines, or a security policy keeps them from being used",
           "kprobes and tracepoints need none"};
  error.cause = "the kernel does not permit it: " + why.cause;
  error.hint = why.hint;
}

// The word between quotes in the last line that holds both parts:  libbpf: prog 'NAME': BPF program load failed
std::string quoted_in_line(std::string_view text, std::string_view before, std::string_view after) {
  std::string found;
  for (std::string_view line : split(text, '\n')) {
    size_t start = line.find(before);
    if (start == std::string_view::npos || line.find(after) == std::string_view::npos)
      continue;
    start += before.size();
    size_t end = line.find('\'', start);
    if (end != std::string_view::npos)
      found = line.substr(start, end - start);
  }
  return found;
}

// The verifier's last sentence; after it come only statistics.
std::string last_sentence(std::string_view log) {
  std::string_view sentence;
  for (std::string_view line : split(log, '\n')) {
    line = trim(line);
    bool is_statistic = line.starts_with("processed ") || line.starts_with("verification time") ||
                        line.starts_with("stack depth") || line.starts_with("peak_states");
    if (!line.empty() && !is_statistic)
      sentence = line;
  }
  return std::string(sentence);
}

struct SourceLine {
  size_t file;
  uint32_t line;
};

// The last script line that the log quotes:  ; @x = *$p @ demo.bt:3
std::optional<SourceLine> last_source_line(std::string_view log, const Sources &sources) {
  auto file_named = [&](std::string_view name) -> std::optional<size_t> {
    for (size_t i = 0; i < sources.size(); ++i)
      if (sources.file(i).name.ends_with(name))
        return i;
    return std::nullopt;
  };
  std::optional<SourceLine> last;
  for (std::string_view line : split(log, '\n')) {
    size_t at = line.rfind(" @ ");
    if (!line.starts_with(";") || at == std::string_view::npos)
      continue;
    std::string_view place = line.substr(at + 3);
    size_t colon = place.rfind(':');
    uint32_t number = 0;
    auto file = colon == std::string_view::npos ? std::nullopt : file_named(place.substr(0, colon));
    if (file && std::from_chars(place.data() + colon + 1, place.data() + place.size(), number).ec == std::errc())
      last = {*file, number};
  }
  return last;
}

Location line_location(const SourceFile &file, uint32_t line) {
  std::string_view text = file.text;
  size_t begin = 0;
  for (; line > 1 && begin < text.size(); --line)
    begin = std::min(text.find('\n', begin), text.size()) + 1;
  begin = std::min(begin, text.size());
  while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t'))
    ++begin;
  size_t end = std::min(text.find('\n', begin), text.size());
  return {file.base + static_cast<uint32_t>(begin), file.base + static_cast<uint32_t>(end)};
}

// The place in the script, as diagnostics show it; empty for images without a source.
std::string shown_place(const image::ProgramImage &image, const image::ProgramSpec &program,
                        std::string_view verifier_log) {
  if (image.source_text.empty())
    return {};
  Sources sources = sources_of(image);
  Location where = program.where;
  if (auto line = last_source_line(verifier_log, sources))
    where = line_location(sources.file(line->file), line->line);
  Diagnostics diagnostics;
  diagnostics.error(where, "the kernel does not accept this");
  return diagnostics.format(sources);
}

std::string probe_text(const image::ProgramSpec &program) {
  if (program.targets.empty())
    return program.function;
  std::string more = program.targets.size() > 1 ? fmt::format(" and {} more", program.targets.size() - 1) : "";
  return program.targets[0].name + more;
}

// What a refusal means whose words, or silence, leave the user guessing. "Not permitted" for want of a helper, as a
// locked kernel has none that read memory; nothing at all for the verifier's list of functions (btf_id_deny).
std::optional<kernel::NotPermitted> known_reason(const image::ProgramSpec &program, int error_number,
                                                 std::string_view sentence, const kernel::Rights &rights) {
  if (!rights.lockdown.empty() && sentence.find("bpf_probe_") != sentence.npos)
    return kernel::NotPermitted{
        fmt::format("the kernel is locked down ({}) and lets no program read or write such memory", rights.lockdown),
        kernel::explain_not_permitted(rights).hint};
  if (is_at_trampoline(program) && error_number == EINVAL && sentence.empty())
    return kernel::NotPermitted{"it is one of the functions that running a program needs, which take none",
                                "functions that call it can be traced"};
  return std::nullopt;
}

Error program_refused(const image::ProgramImage &image, const image::ProgramSpec &program, int error_number,
                      std::string_view verifier_log, const kernel::Rights &rights) {
  Error error = Error::from_errno("load", "the program for " + probe_text(program), error_number);
  if (error_number == EPERM && last_sentence(verifier_log).empty()) {
    explain_refusal(error, &program, rights);
    return error;
  }
  // Older kernels keep the beginning of a log that does not fit, and the reason is at its end.
  bool is_cut = error_number == ENOSPC;
  std::string sentence = is_cut ? "" : last_sentence(verifier_log);
  if (auto reason = known_reason(program, error_number, sentence, rights)) {
    error.cause = reason->cause;
    error.hint = reason->hint;
    return error;
  }
  if (is_cut)
    error.cause = fmt::format("the kernel's verifier says more than {} bytes about it", image.config.log_size);
  else if (!sentence.empty())
    error.cause = fmt::format("the kernel's verifier says: {}", sentence);
  std::string place = shown_place(image, program, is_cut ? std::string_view() : verifier_log);
  if (!place.empty())
    error.cause += "\n" + std::string(trim(place));
  error.hint = is_cut ? "most often a loop has too many rounds or branches for this kernel; config = { log_size = … } "
                        "makes room for the reason"
                      : "-vv shows the verifier's whole log";
  return error;
}

}  // namespace

Error explain_load_failure(const image::ProgramImage &image, int error_number, std::string_view libbpf_text,
                           std::string_view verifier_log, const kernel::Rights &rights) {
  std::string program = quoted_in_line(libbpf_text, "prog '", "load failed");
  for (const image::ProgramSpec &spec : image.programs)
    if (spec.function == program)
      return program_refused(image, spec, error_number, verifier_log, rights);

  std::string map = quoted_in_line(libbpf_text, "map '", "failed to create");
  std::string object = map.empty() ? "the BPF object" : "the map " + map;
  for (const image::MapSpec &spec : image.maps)
    if (spec.bpf_name == map)
      object = "the map " + spec.name;
  Error error = Error::from_errno(map.empty() ? "load" : "create", object, error_number);
  if (error_number == EPERM || error_number == EACCES)
    explain_refusal(error, nullptr, rights);
  else if (error_number == ENOSYS)
    error.hint = "this kernel is built without BPF";
  else if (!map.empty() && (error_number == E2BIG || error_number == ENOMEM))
    error.hint = "it is too large: max_map_keys, max_strlen and perf_rb_pages set sizes";
  else
    error.hint = "-vv shows what libbpf and the kernel say";
  return error;
}

bool is_too_large(const Error &error) {
  switch (error.error_number) {
  case E2BIG:   // too many instructions in all
  case EFAULT:  // too many branches to come back to
  case ENOMEM:  // no memory for those, or for the tables
  case ENOSPC:  // whatever it was, the log of it is larger than there was room for
    return true;
  default: return false;
  }
}

}  // namespace sonde::runtime
