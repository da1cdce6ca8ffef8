// Source texts and positions in them.
//
// All texts of one compilation (a script, later its imports) live in one Sources; a Location is a
// half-open range of offsets into that common space, so it names its file by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sonde {

struct Location {
  uint32_t begin = 0;
  uint32_t end = 0;

  // The smallest range that covers both.
  static Location cover(Location a, Location b) {
    return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
  }
  friend bool operator==(const Location &, const Location &) = default;
};

struct SourceFile {
  std::string name;  // what messages call it: a path, or "stdin" for -e and "-"
  std::string text;
  uint32_t base = 0;                  // offset of text[0] in the common space
  std::vector<uint32_t> line_starts;  // offsets in `text`, ascending; the first is 0
};

// A location resolved for people. Lines and columns count from 1; columns count bytes.
struct Position {
  const SourceFile *file = nullptr;
  uint32_t line = 1;
  uint32_t column = 1;
};

class Sources {
public:
  // Adds a text and returns the index of its file. References to files stay valid.
  size_t add(std::string name, std::string text);
  const SourceFile &file(size_t index) const { return *files_.at(index); }
  size_t size() const { return files_.size(); }

  // The position of an offset; offsets past the end give the last position of the last file.
  Position position(uint32_t offset) const;
  // The text of the line (without its newline) that holds `offset`.
  std::string_view line_text(uint32_t offset) const;
  std::string_view text(Location where) const;

private:
  std::vector<std::unique_ptr<SourceFile>> files_;
};

}  // namespace sonde
