// Names of numbers: errors, signals, system calls, users, addresses.
#include "runtime/format_names.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>

#include "runtime/syscall_table.h"

namespace sonde::runtime {
namespace {

#ifdef SONDE_STATIC
// Other sources of users than /etc/passwd are shared libraries, which a static program had better not open.
void find_user(uid_t uid, passwd &entry, std::span<char> strings, passwd *&found) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen("/etc/passwd", "re"), fclose);
  while (file && fgetpwent_r(file.get(), &entry, strings.data(), strings.size(), &found) == 0)
    if (entry.pw_uid == uid)
      return;
  found = nullptr;
}
#else
void find_user(uid_t uid, passwd &entry, std::span<char> strings, passwd *&found) {
  getpwuid_r(uid, &entry, strings.data(), strings.size(), &found);
}
#endif

}  // namespace

void append_error_name(std::string &out, int64_t number) {
  const char *text = strerrordesc_np(static_cast<int>(number < 0 ? -number : number));
  out += text ? text : "Unknown error";
}

// Signals that the C library keeps for itself, and real-time signals, have no description of their own.
void append_signal_name(std::string &out, int64_t number) {
  constexpr int64_t kFirstRealTime = 34;
  if (number < 0 || number >= NSIG)
    out += "N/A";
  else if (const char *text = sigdescr_np(static_cast<int>(number)))
    out += text;
  else if (number < kFirstRealTime)
    out += "Unknown signal " + std::to_string(number);
  else
    out += "Real-time signal " + std::to_string(number - kFirstRealTime);
}

void append_syscall_name(std::string &out, int64_t number) {
  std::string_view name = syscall_name(number);
  out += name.empty() ? "Unknown syscall" : name;
}

void append_user_name(std::string &out, int64_t uid) {
  passwd entry, *found = nullptr;
  char strings[4096];
  find_user(static_cast<uid_t>(uid), entry, strings, found);
  out += found ? found->pw_name : std::to_string(uid);
}

void append_inet(std::string &out, const uint8_t *bytes) {
  uint32_t family;
  std::memcpy(&family, bytes, sizeof family);
  char text[INET6_ADDRSTRLEN] = {};
  if (family == AF_INET || family == AF_INET6)
    inet_ntop(static_cast<int>(family), bytes + 4, text, sizeof text);
  out += text;
}

void append_mac_address(std::string &out, const uint8_t *bytes) {
  for (int i = 0; i < 6; ++i)
    fmt::format_to(std::back_inserter(out), "{}{:02X}", i ? ":" : "", bytes[i]);
}

}  // namespace sonde::runtime
