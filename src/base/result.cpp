// Puts errors of the operating system into words.
#include "base/result.h"

#include <cstring>

namespace sonde {

Error Error::from_errno(std::string action, std::string object, int error_number, std::string hint) {
  return {std::move(action), std::move(object), std::strerror(error_number), std::move(hint), error_number};
}

std::string Error::message() const {
  std::string text = "could not " + action;
  if (!object.empty())
    text += " " + object;
  if (!cause.empty())
    text += ": " + cause;
  if (!hint.empty())
    text += "\nHINT: " + hint;
  return text;
}

}  // namespace sonde
