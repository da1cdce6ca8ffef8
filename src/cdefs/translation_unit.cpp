// Parses with libclang and resolves its diagnostics to places in the main file.
#include "cdefs/translation_unit.h"

#include <algorithm>

namespace sonde::cdefs {
namespace {

struct Place {
  CXFile file = nullptr;
  unsigned line = 0, column = 0, offset = 0;
};

Place place_of(const Libclang &clang, CXSourceLocation location) {
  Place place;
  clang.getExpansionLocation(location, &place.file, &place.line, &place.column, &place.offset);
  return place;
}

// Files in memory have no identity but their name.
bool is_same(const Libclang &clang, CXFile a, CXFile b) {
  return a && b && clang.File_isEqual(a, b) && clang.take(clang.getFileName(a)) == clang.take(clang.getFileName(b));
}

// What including_offset() looks for and finds.
struct IncludeSearch {
  const Libclang *clang;
  CXFile main;
  CXFile header;
  std::optional<uint32_t> offset;
};

void visit_inclusion(CXFile included, CXSourceLocation *stack, unsigned depth, CXClientData data) {
  auto &search = *static_cast<IncludeSearch *>(data);
  if (search.offset || !is_same(*search.clang, included, search.header))
    return;
  for (unsigned i = depth; i-- > 0 && !search.offset;) {
    Place place = place_of(*search.clang, stack[i]);
    if (is_same(*search.clang, place.file, search.main))
      search.offset = place.offset;
  }
}

// Clang also tells by notes through which #includes it came: those say best which of the main file's it was.
void add_note(ClangError &error, ClangError note) {
  if (!note.message.starts_with("in file included from"))
    error.notes.push_back(std::move(note));
  else if (note.is_in_main && !error.is_in_main)
    error.begin = note.begin;
}

}  // namespace

TranslationUnit::TranslationUnit(const Libclang &clang, Owned<CXIndex> index, Owned<CXTranslationUnit> unit,
                                 const std::string &path)
    : clang_(&clang), index_(std::move(index)), unit_(std::move(unit)),
      main_(clang.getFile(unit_.get(), path.c_str())) {}

Result<TranslationUnit> TranslationUnit::parse(const Libclang &clang, std::vector<VirtualFile> files,
                                               const std::vector<std::string> &arguments) {
  std::vector<const char *> argv;
  argv.reserve(arguments.size());
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());
  std::vector<CXUnsavedFile> unsaved;
  unsaved.reserve(files.size());
  for (const VirtualFile &file : files)
    unsaved.push_back({file.path.c_str(), file.text.data(), file.text.size()});

  Owned<CXIndex> index(clang.createIndex(0, 0), clang.disposeIndex);
  CXTranslationUnit unit = nullptr;
  unsigned flags = CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_SkipFunctionBodies |
                   CXTranslationUnit_KeepGoing;
  CXErrorCode code =
      clang.parseTranslationUnit2(index.get(), files.front().path.c_str(), argv.data(), static_cast<int>(argv.size()),
                                  unsaved.data(), static_cast<unsigned>(unsaved.size()), flags, &unit);
  // Crash recovery holds signal handlers that are not libclang's to keep.
  clang.toggleCrashRecovery(0);
  Owned<CXTranslationUnit> owned(unit, clang.disposeTranslationUnit);
  if (code != CXError_Success || !unit)
    return Error{"read", "the C definitions", code == CXError_Crashed ? "Clang crashed on them" : "Clang gave up", {}};
  return TranslationUnit(clang, std::move(index), std::move(owned), files.front().path);
}

std::vector<ClangError> TranslationUnit::errors() const {
  std::vector<ClangError> errors;
  unsigned count = clang_->getNumDiagnostics(unit_.get());
  for (unsigned i = 0; i < count; ++i) {
    CXDiagnostic diagnostic = clang_->getDiagnostic(unit_.get(), i);
    if (clang_->getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
      errors.push_back(describe(diagnostic));
      CXDiagnosticSet children = clang_->getChildDiagnostics(diagnostic);
      for (unsigned child = 0; child < clang_->getNumDiagnosticsInSet(children); ++child)
        add_note(errors.back(), describe(clang_->getDiagnosticInSet(children, child)));
    }
    clang_->disposeDiagnostic(diagnostic);
  }
  return errors;
}

ClangError TranslationUnit::describe(CXDiagnostic diagnostic) const {
  ClangError error;
  error.message = clang_->take(clang_->getDiagnosticSpelling(diagnostic));
  Place place = place_of(*clang_, clang_->getDiagnosticLocation(diagnostic));
  if (!place.file)
    return error;
  error.file = clang_->take(clang_->getFileName(place.file));
  error.line = place.line;
  error.column = place.column;
  error.is_in_main = is_same(*clang_, place.file, main_);
  if (!error.is_in_main) {
    error.begin = including_offset(place.file);
    return error;
  }
  error.begin = place.offset;
  // The range that starts at the error, if there is one, is what the caret should underline.
  for (unsigned i = 0; i < clang_->getDiagnosticNumRanges(diagnostic); ++i) {
    CXSourceRange range = clang_->getDiagnosticRange(diagnostic, i);
    Place begin = place_of(*clang_, clang_->getRangeStart(range)), end = place_of(*clang_, clang_->getRangeEnd(range));
    if (begin.offset == place.offset && end.offset > begin.offset)
      error.end = end.offset;
  }
  return error;
}

std::optional<uint32_t> TranslationUnit::including_offset(CXFile header) const {
  IncludeSearch search{clang_, main_, header, {}};
  if (main_)
    clang_->getInclusions(unit_.get(), visit_inclusion, &search);
  return search.offset;
}

std::string TranslationUnit::file_of(CXCursor cursor) const {
  Place place = place_of(*clang_, clang_->getCursorLocation(cursor));
  return place.file ? clang_->take(clang_->getFileName(place.file)) : std::string();
}

uint32_t TranslationUnit::line_of(CXCursor cursor) const {
  return place_of(*clang_, clang_->getCursorLocation(cursor)).line;
}

bool TranslationUnit::is_in_main(CXCursor cursor) const {
  Place place = place_of(*clang_, clang_->getCursorLocation(cursor));
  return is_same(*clang_, place.file, main_);
}

}  // namespace sonde::cdefs
