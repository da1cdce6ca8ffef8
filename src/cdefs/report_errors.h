// Clang's errors → diagnostics at the script's places.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "cdefs/parse_c.h"
#include "cdefs/translation_unit.h"

namespace sonde::cdefs {

// "'net/sock.h' file not found" → "net/sock.h"
std::optional<std::string> missing_header(const ClangError &error);

// Whether Clang complains of something that scripts may leave out: the ';' behind a struct.
bool is_harmless(const ClangError &error);

struct ScriptText {
  std::string_view text;
  Location where;
  bool has_kernel_headers = false;
  bool has_btf = false;

  // The script's place of an error: its range, or the word that it starts at.
  Location place(const ClangError &error) const;
};

// At most 20 errors, and few for any one header: the first ones tell what is wrong.
void report_errors(const std::vector<ClangError> &errors, const ScriptText &script, Diagnostics &diagnostics);

// An #include of a kernel header that is not there and for which BTF stands in; what Clang said of it.
struct StoodIn {
  std::string header;
  ClangError error;
};

void warn_of_stand_ins(const std::vector<StoodIn> &headers, const ScriptText &script, Diagnostics &diagnostics);

}  // namespace sonde::cdefs
