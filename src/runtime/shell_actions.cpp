// Actions that reach outside: cat, which prints a file, and system, which runs a command.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "runtime/actions.h"
#include "runtime/format_json.h"
#include "runtime/format_printf.h"
#include "runtime/script_place.h"

namespace sonde::runtime {
namespace {

std::string formatted(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  std::string text;
  append_printf(text, state.formats[id], event.fields, record, state.around);
  return text;
}

// At most `limit` bytes of what `fd` gives; what came before an error, with errno set, else 0.
std::string read_some(int fd, size_t limit) {
  std::string text(limit, '\0');
  size_t length = 0;
  ssize_t got = 0;
  do {
    got = read(fd, text.data() + length, limit - length);
    if (got > 0)
      length += static_cast<size_t>(got);
  } while (length < limit && (got > 0 || (got < 0 && errno == EINTR)));
  if (got >= 0)
    errno = 0;
  text.resize(length);
  return text;
}

void print(ActionState &state, std::string_view type, const std::string &text, const image::EventSpec &event,
           const uint8_t *record) {
  if (!state.json) {
    state.output.text() += text;
    return;
  }
  state.json->add([&](std::string &out) { append_json_text(out, type, text); },
                  [&](std::string &out) { append_json_arguments(out, event.fields, record, state.around); });
}

}  // namespace

void print_file(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  std::string path = formatted(state, event, id, record);
  // A pipe that nobody writes to would keep us.
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    fmt::print(stderr, "ERROR: could not open {}: {}\n", path, strerror(errno));
    return;
  }
  std::string text = read_some(fd, state.image.config.max_cat_bytes);
  if (errno != 0 && errno != EAGAIN)
    fmt::print(stderr, "ERROR: could not read {}: {}\n", path, strerror(errno));
  close(fd);
  print(state, "cat", text, event, record);
}

void run_command(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  std::string command = formatted(state, event, id, record);
  state.output.flush();  // what was printed before comes before what the command writes elsewhere
  std::unique_ptr<FILE, int (*)(FILE *)> pipe(popen(command.c_str(), "re"), pclose);
  if (!pipe) {
    fmt::print(stderr, "ERROR: could not run '{}': {}\n", command, strerror(errno));
    return;
  }
  constexpr size_t kPiece = 64 * 1024;
  std::string text;
  for (std::string piece; !state.output.is_broken() && !(piece = read_some(fileno(pipe.get()), kPiece)).empty();) {
    text += piece;
    if (state.json)
      continue;
    // As it comes, whatever there is of it.
    state.output.text() += std::exchange(text, {});
    state.output.flush_if_full();
  }
  if (state.json)
    print(state, "syscall", text, event, record);
}

namespace {

void print_message(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record,
                   bool is_error) {
  std::string message = formatted(state, event, id, record);
  if (!state.json) {
    fmt::print(stderr, "{}: {}: {}\n", place_text(state.image, event.where), is_error ? "ERROR" : "WARNING", message);
    return;
  }
  ScriptPlace place = place_of(state.image, event.where);
  state.json->add(
      [&](std::string &out) {
        out += is_error ? "{\"type\": \"errorf\", \"msg\": " : "{\"type\": \"warnf\", \"msg\": ";
        append_json_string(out, message);
        out += ", \"filename\": ";
        append_json_string(out, place.file);
        out += fmt::format(", \"line\": {}, \"col\": {}}}\n", place.line, place.first_column);
      },
      [&](std::string &out) { append_json_arguments(out, event.fields, record, state.around); });
}

}  // namespace

void print_error(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  print_message(state, event, id, record, true);
}

void print_warning(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  print_message(state, event, id, record, false);
}

}  // namespace sonde::runtime
