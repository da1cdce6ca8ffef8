// A program or library with all that describes it, wherever it lies: symbols (its own, those of its mini debug
// info and of its separate debug file) and source lines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "elf/function_arguments.h"
#include "elf/symbol_table.h"
#include "elf/usdt_notes.h"
#include "types/named_types.h"

namespace sonde::elf {

struct SourceLine {
  std::string file;  // with its folder, as the compiler was given it
  uint32_t line = 0;
  uint32_t column = 0;  // 0: unknown, or any

  friend bool operator==(const SourceLine &, const SourceLine &) = default;
};

// A function whose code was put in the place of a call.
struct InlinedCall {
  std::string function;  // mangled where the compiler says so
  SourceLine called_at;
};

class Binary {
public:
  virtual ~Binary() = default;

  // Read when first asked for.
  virtual const SymbolTable &symbols() = 0;
  // Whether Go's compiler made it.
  virtual bool is_go() = 0;
  // Its static probes, in the order of the file; read when first asked for.
  virtual const std::vector<UsdtNote> &usdt_notes() = 0;
  // The line that the instruction at a file offset comes from; nothing without debug information.
  virtual std::optional<SourceLine> line_at(uint64_t file_offset) = 0;
  // Innermost first; empty where nothing was inlined.
  virtual std::vector<InlinedCall> inlined_at(uint64_t file_offset) = 0;
  // What the function that starts at a file offset gets; nothing without debug information of it.
  virtual std::optional<FunctionArguments> arguments_at(uint64_t file_offset) = 0;
  // The structs that its arguments name.
  virtual NamedTypes &types() = 0;
  // File offsets of the code of a line, one for each function that holds some: its first instruction there. A file
  // without a leading '/' is the end of a path. Errors: no debug information, no such file, no code on that line.
  virtual Result<std::vector<uint64_t>> places_of(const SourceLine &line) = 0;
};

// Errors: no such file, not readable, not an ELF file, another machine's. PATH!/MEMBER is a file that is stored
// in a zip archive; offsets are then the archive's.
Result<std::shared_ptr<Binary>> open_binary(const std::string &path);

// The file that the kernel sees: PATH of "PATH!/MEMBER".
std::string containing_file(const std::string &path);

// Binaries that were opened before, so that each is read once however many probes are in it.
class Binaries {
public:
  Result<std::shared_ptr<Binary>> open(const std::string &path);

private:
  std::unordered_map<std::string, Result<std::shared_ptr<Binary>>> known_;
};

}  // namespace sonde::elf
