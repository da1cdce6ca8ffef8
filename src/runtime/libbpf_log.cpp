// Listens to libbpf.
#include "runtime/libbpf_log.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>

namespace sonde::runtime {
namespace {

// libbpf's callback takes no pointer of ours.
LibbpfLog *listener = nullptr;

int receive(libbpf_print_level level, const char *format, va_list arguments) {
  char message[4096];
  int length = vsnprintf(message, sizeof message, format, arguments);
  if (listener)
    listener->add(message, level == LIBBPF_DEBUG);
  return length;
}

}  // namespace

std::string libbpf_version() { return fmt::format("{}.{}", libbpf_major_version(), libbpf_minor_version()); }

LibbpfLog::LibbpfLog(bool echo) : echo_(echo) {
  listener = this;
  libbpf_set_print(receive);
}

LibbpfLog::~LibbpfLog() {
  // Attachments may still be closed after us; they have nothing to say to the user.
  listener = nullptr;
}

void LibbpfLog::add(const char *message, bool is_debug) {
  if (!is_debug)
    text_ += message;
  if (echo_)
    std::fputs(message, stderr);
}

}  // namespace sonde::runtime
