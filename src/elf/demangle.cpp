// Demangles through libiberty, which knows C++ and both of Rust's schemes.
#include "elf/demangle.h"

#include <demangle.h>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace sonde::elf {

std::string demangled(const std::string &name) {
  // Most names are C's: they need no trip through the demangler.
  if (!name.starts_with("_Z") && !name.starts_with("_R"))
    return name;
  std::unique_ptr<char, void (*)(void *)> text(cplus_demangle(name.c_str(), DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO), free);
  return text ? std::string(text.get()) : name;
}

std::string without_parameters(const std::string &demangled_name) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)", kCall = "operator()";
  int depth = 0;  // within template arguments, which may have parentheses of their own
  for (size_t i = 0; i < demangled_name.size(); ++i) {
    std::string_view rest = std::string_view(demangled_name).substr(i);
    if (rest.starts_with(kAnonymous))
      i += kAnonymous.size() - 1;
    else if (rest.starts_with(kCall))
      i += kCall.size() - 1;
    else if (rest.starts_with("operator<") || rest.starts_with("operator>") || rest.starts_with("operator->"))
      i = demangled_name.find('(', i + std::string_view("operator").size()) - 1;
    else if (rest[0] == '<')
      ++depth;
    else if (rest[0] == '>')
      --depth;
    else if (rest[0] == '(' && depth == 0)
      return demangled_name.substr(0, i);
  }
  return demangled_name;
}

}  // namespace sonde::elf
