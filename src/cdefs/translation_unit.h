// One text, parsed by Clang: owns what libclang allocated and hands its diagnostics out as plain values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cdefs/libclang.h"

namespace sonde::cdefs {

// A file that exists only in memory.
struct VirtualFile {
  std::string path;
  std::string text;
};

struct ClangError {
  std::string message;
  std::string file;  // empty: none, such as the command line
  uint32_t line = 0, column = 0;
  // Bytes of the main file: of the error itself or, for one in a header, of the #include leading
  // there. Absent for errors without a place.
  std::optional<uint32_t> begin, end;
  bool is_in_main = false;
  std::vector<ClangError> notes;
};

class TranslationUnit {
public:
  // `files` come before the files on disk; the first is the main file.
  static Result<TranslationUnit> parse(const Libclang &clang, std::vector<VirtualFile> files,
                                       const std::vector<std::string> &arguments);

  const Libclang &clang() const { return *clang_; }
  CXTranslationUnit handle() const { return unit_.get(); }
  CXCursor root() const { return clang_->getTranslationUnitCursor(unit_.get()); }

  // Errors only, in Clang's order.
  std::vector<ClangError> errors() const;

  // Where a cursor starts.
  std::string file_of(CXCursor cursor) const;
  bool is_in_main(CXCursor cursor) const;
  uint32_t line_of(CXCursor cursor) const;

private:
  template <typename Handle> using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, void (*)(Handle)>;
  TranslationUnit(const Libclang &clang, Owned<CXIndex> index, Owned<CXTranslationUnit> unit, const std::string &path);

  ClangError describe(CXDiagnostic diagnostic) const;
  std::optional<uint32_t> including_offset(CXFile header) const;

  const Libclang *clang_;
  Owned<CXIndex> index_;  // outlives the unit
  Owned<CXTranslationUnit> unit_;
  CXFile main_ = nullptr;
};

}  // namespace sonde::cdefs
