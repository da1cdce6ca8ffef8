// Result<T>: a value, or why the world said no.
//
// For failures outside the script (kernel, files, permissions). Failures of the script go to
// Diagnostics instead.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sonde {

// Reads as one sentence: "could not ACTION OBJECT: CAUSE", then a line with the hint.
struct Error {
  std::string action;    // "open", "attach to", "load program"
  std::string object;    // "/etc/passwd", "kprobe:do_nanosleep"; may be empty
  std::string cause;     // errno in words, or a sentence; never a bare number
  std::string hint;      // what to do about it; may be empty
  int error_number = 0;  // errno where there is one, for callers that react to it

  // An Error whose cause is the text for `error_number` (positive errno).
  static Error from_errno(std::string action, std::string object, int error_number, std::string hint = {});
  // The sentence and, on a line of its own, the hint.
  std::string message() const;
};

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T &value() {
    assert(ok());
    return std::get<0>(state_);
  }
  const T &value() const {
    assert(ok());
    return std::get<0>(state_);
  }
  T &operator*() { return value(); }
  const T &operator*() const { return value(); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &value(); }
  T take() { return std::move(value()); }

  const Error &error() const {
    assert(!ok());
    return std::get<1>(state_);
  }

private:
  std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error &error() const {
    assert(!ok());
    return *error_;
  }

private:
  std::optional<Error> error_;
};

}  // namespace sonde
