// Script output: a buffer that is written as a whole, and what writing ran into.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sonde::runtime {

class Signals;

class Output {
public:
  // `signals`, if any, is watched while a slow reader keeps a write waiting.
  explicit Output(int fd, Signals *signals = nullptr);

  // Text to print next. Whoever appends a lot calls flush_if_full() in between.
  std::string &text() { return text_; }
  void flush_if_full();
  void flush();

  // Nothing more can be written: the reader went away, or there is an error.
  bool is_broken() const { return is_closed_ || error_number_ != 0; }
  bool is_closed() const { return is_closed_; }  // EPIPE
  // Why writing failed, in words.
  Error error() const;

private:
  void write_all(std::string_view text);
  bool wait_until_writable();

  int fd_;
  Signals *signals_;
  bool is_file_;
  std::string text_;
  bool is_closed_ = false;
  int error_number_ = 0;
};

}  // namespace sonde::runtime
