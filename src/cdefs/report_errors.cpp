// Says where in the script Clang's errors come from and, for headers, what would bring them.
#include "cdefs/report_errors.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "cdefs/clang_arguments.h"

namespace sonde::cdefs {
namespace {

constexpr size_t kMaxErrors = 20;
constexpr int kMaxErrorsPerInclude = 3;

std::string kernel_headers_hint() {
  utsname names{};
  uname(&names);
  return fmt::format("install the kernel's headers (linux-headers-{0} on Debian and Ubuntu, kernel-devel-{0} on "
                     "Fedora) or name their folder in BPFTRACE_KERNEL_SOURCE",
                     names.release);
}

std::string missing_header_hint(const std::string &header, const ScriptText &script) {
  if (is_kernel_header_name(header) && script.has_kernel_headers)
    return "the installed kernel headers have no such file: its contents may have moved to another";
  if (is_kernel_header_name(header))
    return script.has_btf ? "the kernel's types need no #include here: BTF has them" : kernel_headers_hint();
  for (const char *folder : {"sys/", "arpa/", "netinet/", "bits/", "gnu/"})
    if (header.starts_with(folder))
      return "install the C library's headers (libc6-dev on Debian and Ubuntu, glibc-devel on Fedora)";
  return "name the folder that holds it with -I";
}

bool is_of_kernel(std::string_view path) {
  for (const char *folder : {"/include/linux/", "/include/asm", "/include/net/", "/include/uapi/"})
    if (path.find(folder) != std::string_view::npos)
      return true;
  return false;
}

std::string hint_for(const ClangError &error, const ScriptText &script) {
  if (auto header = missing_header(error))
    return missing_header_hint(*header, script);
  bool is_about_type = error.message.find("unknown type name") != std::string::npos ||
                       error.message.find("incomplete") != std::string::npos;
  if (is_about_type && !script.has_btf && !script.has_kernel_headers)
    return "if it is a type of the kernel, " + kernel_headers_hint();
  if (is_of_kernel(error.file) && script.has_btf)
    return "leave the #include out where BTF has the types that it is for (#ifndef BPFTRACE_HAVE_BTF)";
  return {};
}

std::string message_for(const ClangError &error) {
  if (error.is_in_main || error.file.empty() || error.file == kKernelNamesFile)
    return error.message;
  return fmt::format("in {}:{}:{}: {}", error.file, error.line, error.column, error.message);
}

}  // namespace

std::optional<std::string> missing_header(const ClangError &error) {
  constexpr std::string_view kTail = "' file not found";
  size_t tail = error.message.find(kTail);
  if (!error.message.starts_with('\'') || tail == std::string::npos)
    return std::nullopt;
  return error.message.substr(1, tail - 1);
}

bool is_harmless(const ClangError &error) {
  for (const char *what : {"expected ';' after struct", "expected ';' after union", "expected ';' after enum"})
    if (error.is_in_main && error.message == what)
      return true;
  return false;
}

Location ScriptText::place(const ClangError &error) const {
  if (!error.begin)
    return {where.begin, where.begin};
  auto size = static_cast<uint32_t>(text.size());
  uint32_t begin = std::min(*error.begin, size), end = begin;
  if (!error.is_in_main)  // the whole #include
    end = static_cast<uint32_t>(std::min(text.find('\n', begin), text.size()));
  else if (error.end)
    end = std::min(*error.end, size);
  else
    while (end < size && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
      ++end;
  return {where.begin + begin, where.begin + std::max(end, std::min(begin + 1, size))};
}

void report_errors(const std::vector<ClangError> &errors, const ScriptText &script, Diagnostics &diagnostics) {
  size_t reported = 0;
  std::map<uint32_t, int> per_include;
  std::set<std::pair<uint32_t, std::string>> seen;
  std::set<std::string> hints;
  for (const ClangError &error : errors) {
    Location where = script.place(error);
    if (reported == kMaxErrors || is_harmless(error) || !seen.emplace(where.begin, error.message).second)
      continue;
    if (!error.is_in_main && ++per_include[where.begin] > kMaxErrorsPerInclude)
      continue;
    Diagnostic &diagnostic = diagnostics.error(where, "{}", message_for(error));
    for (const ClangError &note : error.notes)
      if (note.is_in_main)
        diagnostic.note(script.place(note), note.message);
    if (std::string hint = hint_for(error, script); hints.insert(hint).second)
      diagnostic.with_hint(hint);
    ++reported;
  }
}

void warn_of_stand_ins(const std::vector<StoodIn> &headers, const ScriptText &script, Diagnostics &diagnostics) {
  for (const StoodIn &missing : headers) {
    Diagnostic &warning = diagnostics.warning(
        script.place(missing.error), "{} '{}': its types come from BTF, most of its macros are missing",
        script.has_kernel_headers ? "Clang cannot read the installed kernel header" : "there is no kernel header",
        missing.header);
    if (&missing == &headers.back())
      warning.with_hint("to be rid of this, put #ifndef BPFTRACE_HAVE_BTF around it" +
                        (script.has_kernel_headers ? "" : "; for its macros, " + kernel_headers_hint()));
  }
}

}  // namespace sonde::cdefs
