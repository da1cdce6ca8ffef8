// The command line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::driver {

// Printable values of the chain from text to image, in its order (-d).
enum class Stage : uint8_t { Tokens, Ast, Types, Ir, IrOptimized, Assembly, Image };

struct StageName {
  Stage stage;
  std::string_view name;
  std::string_view summary;
};
inline constexpr StageName kStages[] = {
    {Stage::Tokens, "tokens", "tokens of the lexer"},
    {Stage::Ast, "ast", "syntax tree"},
    {Stage::Types, "types", "syntax tree of each program with types, then maps and events"},
    {Stage::Ir, "ir", "LLVM IR as generated"},
    {Stage::IrOptimized, "ir-opt", "LLVM IR as optimised"},
    {Stage::Assembly, "asm", "BPF assembly"},
    {Stage::Image, "image", "metadata of the image, as JSON"},
};

enum class Mode : uint8_t { Run, List, Dump, PrintText };

struct Options {
  Mode mode = Mode::Run;
  std::string text;                          // PrintText: what --help or --version print
  std::optional<std::string> one_liner;      // -e
  std::string script;                        // a path, or "-"
  std::vector<std::string> parameters;       // $1 …
  std::string pattern;                       // -l
  std::vector<Stage> stages;                 // -d
  std::vector<std::string> include_folders;  // -I
  std::vector<std::string> include_files;    // --include
  std::optional<std::string> command;        // -c
  std::optional<int> pid;                    // -p
  std::string output;                        // -o; empty for standard output
  bool json = false;                         // -f json
  std::string buffering = "line";            // -B
  bool quiet = false;
  int verbosity = 0;
  bool dry_run = false;
  bool unsafe = false;
  bool warnings = true;
};

// A command line that cannot be used; `message` says why.
struct UsageError {
  std::string message;
};

// Throws UsageError.
Options parse_options(int argc, char **argv);

}  // namespace sonde::driver
