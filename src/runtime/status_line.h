// The live line of --status on standard error: events, their rate, losses. On a terminal it is one line that is
// rewritten, elsewhere a line a second.
#pragma once

#include <cstdint>

namespace sonde::runtime {

class StatusLine {
public:
  // `is_terminal`, `has_colour`: of standard error.
  StatusLine(bool is_terminal, bool has_colour);
  ~StatusLine() { hide(); }
  StatusLine(const StatusLine &) = delete;
  StatusLine &operator=(const StatusLine &) = delete;

  // Shows the numbers if the last showing is a second ago or more.
  void update(uint64_t events, uint64_t losses);
  // Clears the line, before others write to the same terminal.
  void hide();

private:
  bool is_terminal_;
  bool has_colour_;
  bool is_shown_ = false;
  int64_t last_ns_;
  uint64_t last_events_ = 0;
};

}  // namespace sonde::runtime
