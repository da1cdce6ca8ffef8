// The command line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/script_options.h"
#include "kernel/target_kernel.h"
#include "runner/run_options.h"

namespace sonde::driver {

// Printable values of the chain from text to image, in its order (-d).
enum class Stage : uint8_t { Tokens, Ast, Types, Ir, IrOptimized, Assembly, Image };

struct StageName {
  Stage stage;
  std::string_view name;
  std::string_view summary;
};
// What bpftrace calls some of them.
struct StageAlias {
  std::string_view name;
  Stage stage;
};
inline constexpr StageAlias kStageAliases[] = {
    {"parse", Stage::Tokens}, {"codegen", Stage::Ir}, {"codegen-opt", Stage::IrOptimized}, {"dis", Stage::Assembly}};
inline constexpr StageName kStages[] = {
    {Stage::Tokens, "tokens", "tokens of the lexer"},
    {Stage::Ast, "ast", "syntax tree"},
    {Stage::Types, "types", "syntax tree of each program with types, then maps and events"},
    {Stage::Ir, "ir", "LLVM IR as generated"},
    {Stage::IrOptimized, "ir-opt", "LLVM IR as optimised"},
    {Stage::Assembly, "asm", "BPF assembly"},
    {Stage::Image, "image", "metadata of the image, as JSON"},
};

// List is about a pattern, ListScript about what a script would attach to.
enum class Mode : uint8_t { Run, List, ListScript, Dump, Format, Build, PrintText, DescribeSystem };

struct Options {
  Mode mode = Mode::Run;
  std::string text;                                // PrintText: what --help or --version print
  std::optional<std::string> one_liner;            // -e
  std::string script;                              // a path, or "-"
  std::vector<std::string> parameters;             // $1 …
  std::vector<image::GivenOption> script_options;  // --name=value behind --
  bool script_help = false;                        // --help behind --
  std::string pattern;                             // -l
  std::vector<Stage> stages;                       // -d
  std::vector<std::string> include_folders;        // -I
  std::vector<std::string> include_files;          // --include
  std::string build_output;                        // Build: -o
  // Build: what the image shall run on.
  kernel::Target target;
  std::string emit_elf;             // --emit-elf: where to write the object instead of running it
  std::string emit_llvm;            // --emit-llvm: where to write the IR, without its endings
  bool count_failed_reads = false;  // -k
  bool unsafe = false;
  bool warnings = true;
  runner::RunOptions run;
};

// Throws runner::UsageError.
Options parse_options(int argc, char **argv);

}  // namespace sonde::driver
