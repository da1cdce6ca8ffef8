// Actions that reach outside: cat, which prints a file, and system, which runs a command.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "runtime/actions.h"
#include "runtime/format_json.h"
#include "runtime/format_printf.h"

namespace sonde::runtime {
namespace {

std::string formatted(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  std::string text;
  append_printf(text, state.formats[id], event.fields, record, state.around);
  return text;
}

// At most `limit` bytes of what `fd` gives.
std::string read_some(int fd, size_t limit) {
  std::string text(limit, '\0');
  size_t length = 0;
  while (length < limit) {
    ssize_t got = read(fd, text.data() + length, limit - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    length += static_cast<size_t>(got);
  }
  text.resize(length);
  return text;
}

void print(ActionState &state, std::string_view type, const std::string &text) {
  if (state.json)
    append_json_text(state.output.text(), type, text);
  else
    state.output.text() += text;
}

}  // namespace

void print_file(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  std::string path = formatted(state, event, id, record);
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    fmt::print(stderr, "ERROR: could not open {}: {}\n", path, strerror(errno));
    return;
  }
  print(state, "cat", read_some(fd, state.image.config.max_cat_bytes));
  close(fd);
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
  for (std::string piece; !(piece = read_some(fileno(pipe.get()), kPiece)).empty();)
    text += piece;
  print(state, "syscall", text);
}

namespace {

struct Place {
  size_t line, first_column, last_column;
};

Place place_of(const image::ProgramImage &image, Location where) {
  size_t begin = std::min<size_t>(where.begin, image.source_text.size());
  size_t line_start = image.source_text.rfind('\n', begin ? begin - 1 : 0);
  line_start = begin == 0 || line_start == std::string::npos ? 0 : line_start + 1;
  auto lines = std::count(image.source_text.begin(), image.source_text.begin() + static_cast<ptrdiff_t>(begin), '\n');
  return {static_cast<size_t>(lines) + 1, begin - line_start + 1, where.end - line_start + 1};
}

void print_message(ActionState &state, const image::EventSpec &event, const std::string &message, bool is_error) {
  Place place = place_of(state.image, event.where);
  const std::string &file = state.image.source_name;
  if (!state.json) {
    fmt::print(stderr, "{}:{}:{}-{}: {}: {}\n", file, place.line, place.first_column, place.last_column,
               is_error ? "ERROR" : "WARNING", message);
    return;
  }
  std::string &out = state.output.text();
  out += is_error ? "{\"type\": \"errorf\", \"msg\": " : "{\"type\": \"warnf\", \"msg\": ";
  append_json_string(out, message);
  out += ", \"filename\": ";
  append_json_string(out, file);
  out += fmt::format(", \"line\": {}, \"col\": {}}}\n", place.line, place.first_column);
}

}  // namespace

void print_error(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  print_message(state, event, formatted(state, event, id, record), true);
}

void print_warning(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  print_message(state, event, formatted(state, event, id, record), false);
}

}  // namespace sonde::runtime
