// Types of the kernel that a script's C uses without defining them, as C that Clang can lay members
// out with: only sizes and alignments matter there, the fields stay BTF's.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cdefs/translation_unit.h"
#include "types/type.h"

namespace sonde::cdefs {

class KernelNames {
public:
  using Lookup = std::function<std::optional<Type>(const std::string &name)>;
  explicit KernelNames(Lookup lookup) : lookup_(std::move(lookup)) {}

  // Defines the types that `errors` say are unknown or incomplete; false when there was no new one.
  bool learn(const std::vector<ClangError> &errors);

  // The definitions, for kKernelNamesFile.
  const std::string &text() const { return text_; }
  // What a tag that text() defines stands for ("struct path"), or null.
  const Type *find(const std::string &tag) const;

private:
  bool define(const std::string &name);
  bool define_typedef(const std::string &name);
  void define_opaque(const std::string &tag, const Type &type);
  void define_enum(const std::string &tag, const Type &type);
  std::optional<std::string> spell(const Type &type, const std::string &declarator, int depth);
  uint32_t alignment_of(const Type &type, int depth);
  std::optional<Type> ask(const std::string &name) { return lookup_ ? lookup_(name) : std::nullopt; }

  Lookup lookup_;
  std::string text_;
  std::set<std::string> tried_;
  std::map<std::string, Type> stands_for_;
  std::map<std::string, uint32_t> alignments_;
};

}  // namespace sonde::cdefs
