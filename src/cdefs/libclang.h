// The functions of libclang that sonde calls, found at run time.
#pragma once

#include <clang-c/Index.h>

#include "base/result.h"

namespace sonde::cdefs {

// clang-format off
#define SONDE_LIBCLANG_FUNCTIONS(X) \
  X(createIndex) X(disposeIndex) X(toggleCrashRecovery) X(getClangVersion) X(parseTranslationUnit2) \
  X(disposeTranslationUnit) X(getTranslationUnitCursor) X(getCString) X(disposeString) X(getNumDiagnostics) \
  X(getDiagnostic) X(disposeDiagnostic) X(getDiagnosticSeverity) X(getDiagnosticSpelling) X(getDiagnosticLocation) \
  X(getDiagnosticNumRanges) X(getDiagnosticRange) X(getChildDiagnostics) X(getNumDiagnosticsInSet) \
  X(getDiagnosticInSet) X(getFile) X(getFileName) X(File_isEqual) X(getInclusions) X(getExpansionLocation) \
  X(getRangeStart) X(getRangeEnd) X(getCursorExtent) X(getCursorLocation) X(tokenize) X(disposeTokens) \
  X(getTokenSpelling) X(getTokenKind) X(getTokenExtent) X(visitChildren) X(getCursorKind) X(getCursorSpelling) \
  X(isCursorDefinition) X(getCursorDefinition) X(equalCursors) X(Cursor_isNull) X(hashCursor) \
  X(Cursor_isMacroFunctionLike) X(Cursor_isMacroBuiltin) X(getCursorType) X(getTypedefDeclUnderlyingType) \
  X(getEnumDeclIntegerType) X(getEnumConstantDeclValue) X(getFieldDeclBitWidth) X(Cursor_isBitField) \
  X(Cursor_getOffsetOfField) X(Cursor_Evaluate) X(EvalResult_dispose) X(EvalResult_getKind) \
  X(EvalResult_isUnsignedInt) X(EvalResult_getAsLongLong) X(EvalResult_getAsUnsigned) X(EvalResult_getAsStr) \
  X(getCanonicalType) X(getTypeDeclaration) X(getPointeeType) X(getArrayElementType) X(getArraySize) \
  X(Type_getSizeOf) X(Type_visitFields) X(Type_getValueType) X(Cursor_isAnonymous)
// clang-format on

struct Libclang {
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define SONDE_LIBCLANG_POINTER(name) decltype(&::clang_##name) name = nullptr;
  SONDE_LIBCLANG_FUNCTIONS(SONDE_LIBCLANG_POINTER)
#undef SONDE_LIBCLANG_POINTER

  // The text of a CXString, which is freed.
  std::string take(CXString string) const;
};

// Opens the library when first called; the answer is kept.
const Result<Libclang> &load_libclang();

}  // namespace sonde::cdefs
