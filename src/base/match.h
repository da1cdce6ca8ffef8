// match(variant, one lambda per alternative): a visit that does not compile when a kind is missing.
#pragma once

#include <utility>
#include <variant>

namespace sonde {

template <typename... Cases> struct Overloaded : Cases... { using Cases::operator()...; };
template <typename... Cases> Overloaded(Cases...) -> Overloaded<Cases...>;

template <typename Variant, typename... Cases> decltype(auto) match(Variant &&variant, Cases &&...cases) {
  return std::visit(Overloaded{std::forward<Cases>(cases)...}, std::forward<Variant>(variant));
}

}  // namespace sonde
