// What libbpf has to say, kept for error messages and -vv instead of going to the terminal.
#pragma once

#include <string>

namespace sonde::runtime {

// One at a time: libbpf knows a single listener per process.
class LibbpfLog {
public:
  // `echo`: also print everything to stderr as it comes.
  explicit LibbpfLog(bool echo);
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog &) = delete;
  LibbpfLog &operator=(const LibbpfLog &) = delete;

  const std::string &text() const { return text_; }
  void add(const char *message, bool is_debug);

private:
  std::string text_;
  bool echo_;
};

std::string libbpf_version();  // "1.4"

}  // namespace sonde::runtime
