// Parses until Clang asks for nothing more that BTF can give, then reads types and macros off the result.
//
// A script's C is read as a program's, with the system's headers. If it includes a header that only the
// kernel has and the kernel's headers are installed, it is read once more as kernel code.
#include "cdefs/parse_c.h"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "cdefs/active_code.h"
#include "cdefs/clang_arguments.h"
#include "cdefs/convert_types.h"
#include "cdefs/evaluate_macros.h"
#include "cdefs/kernel_constants.h"
#include "cdefs/kernel_names.h"
#include "cdefs/report_errors.h"
#include "cdefs/stand_in_headers.h"
#include "cdefs/translation_unit.h"

namespace sonde::cdefs {
namespace {

// Each round answers all that the one before asked; types within types take one more.
constexpr int kMaxRounds = 12;

// One way of reading the text: as kernel code or as a program's.
class Reading {
public:
  Reading(const Libclang &clang, std::string_view text, const Options &options, const KernelHeaders *kernel)
      : clang_(clang), text_(text), options_(options), arguments_(clang_arguments(clang, options, kernel)),
        names_(options.kernel_type), is_kernel_code_(kernel != nullptr) {}

  // Parses; the first time only with what is on disk.
  Result<void> parse() {
    auto unit = parse_with("");
    if (!unit)
      return unit.error();
    unit_.emplace(unit.take());
    errors_ = unit_->errors();
    std::erase_if(errors_, is_harmless);
    return {};
  }
  // Parses again for as long as BTF can stand in for what is missing.
  Result<void> complete();
  void read(Definitions &definitions) const;

  const std::vector<ClangError> &errors() const { return errors_; }
  const std::vector<StoodIn> &stood_in() const { return stood_in_; }
  // Whether the script itself includes a header that `is_wanted`, found or not.
  using HeaderTest = std::function<bool(const std::string &name)>;
  bool includes(const HeaderTest &is_wanted) const;

private:
  std::vector<VirtualFile> files(const std::string &behind) const;
  Result<TranslationUnit> parse_with(const std::string &behind) const {
    return TranslationUnit::parse(clang_, files(behind), arguments_);
  }
  bool learn_headers();

  const Libclang &clang_;
  std::string_view text_;
  const Options &options_;
  std::vector<std::string> arguments_;
  KernelNames names_;
  bool is_kernel_code_;
  std::vector<StoodIn> stood_in_;
  std::vector<ClangError> errors_;
  std::optional<TranslationUnit> unit_;
};

std::string working_folder() {
  char path[PATH_MAX];
  return getcwd(path, sizeof path) ? path : "/";
}

// The script's text is the main file, in its folder, so that #include "x.h" finds its neighbours.
std::vector<VirtualFile> Reading::files(const std::string &behind) const {
  std::string folder = options_.script_folder.empty() ? working_folder() : options_.script_folder;
  std::vector<VirtualFile> files;
  files.push_back({folder + "/(script).c", std::string(text_) + "\n;\n" + behind});
  files.push_back({kKernelNamesFile, names_.text()});
  for (VirtualFile &header : stand_in_headers())
    files.push_back(std::move(header));
  for (const StoodIn &header : stood_in_)
    files.push_back({std::string(kFromBtfFolder) + "/" + header.header, ""});
  return files;
}

bool Reading::learn_headers() {
  bool learned = false;
  for (const ClangError &error : errors_) {
    auto header = missing_header(error);
    auto is_same = [&](const StoodIn &other) { return other.header == *header; };
    if (!header || !is_kernel_header_name(*header) || std::any_of(stood_in_.begin(), stood_in_.end(), is_same))
      continue;
    stood_in_.push_back({*header, error});
    learned = true;
  }
  return learned;
}

Result<void> Reading::complete() {
  for (int round = 0; round < kMaxRounds && !errors_.empty(); ++round) {
    bool has_headers = options_.kernel_has_btf && learn_headers();
    bool has_names = names_.learn(errors_);
    if (!has_headers && !has_names)
      break;
    if (auto parsed = parse(); !parsed)
      return parsed;
  }
  return {};
}

bool Reading::includes(const HeaderTest &is_wanted) const {
  for (const ClangError &error : errors_)
    if (auto header = missing_header(error); header && is_wanted(*header))
      return true;
  struct Visit {
    const TranslationUnit *unit;
    const HeaderTest *is_wanted;
    bool found;
  } visit{&*unit_, &is_wanted, false};
  clang_.visitChildren(
      unit_->root(),
      [](CXCursor cursor, CXCursor, CXClientData data) {
        auto &[unit, test, found] = *static_cast<Visit *>(data);
        const Libclang &clang = unit->clang();
        if (clang.getCursorKind(cursor) == CXCursor_InclusionDirective && unit->is_in_main(cursor))
          found = (*test)(clang.take(clang.getCursorSpelling(cursor)));
        return found ? CXChildVisit_Break : CXChildVisit_Continue;
      },
      &visit);
  return visit.found;
}

void Reading::read(Definitions &definitions) const {
  convert_types(*unit_, names_, definitions);
  std::vector<Macro> macros = list_macros(*unit_, options_.used_names);
  std::string probes = macro_probes(macros);
  std::optional<TranslationUnit> probed;
  if (!probes.empty())
    if (auto unit = parse_with(probes))
      probed.emplace(unit.take());
  evaluate_macros(macros, probed ? &*probed : nullptr, definitions);
  if (!is_kernel_code_ && includes(is_kernel_header_name))
    add_kernel_constants(options_.used_names, definitions);
}

// The reading to use: the kernel's where the script wants it and Clang copes with it, or where there
// is no BTF to fall back on.
Result<std::unique_ptr<Reading>> choose_reading(const Libclang &clang, std::string_view text, const Options &options,
                                                const std::optional<KernelHeaders> &kernel) {
  auto program = std::make_unique<Reading>(clang, text, options, nullptr);
  if (auto parsed = program->parse(); !parsed)
    return parsed.error();
  if (kernel && program->includes([&](const std::string &name) { return kernel->has(name); })) {
    auto kernels = std::make_unique<Reading>(clang, text, options, &*kernel);
    auto parsed = kernels->parse();
    if (parsed)
      parsed = kernels->complete();
    if (parsed && (kernels->errors().empty() || !options.kernel_has_btf))
      return kernels;
  }
  if (auto completed = program->complete(); !completed)
    return completed.error();
  return program;
}

}  // namespace

const Type *Definitions::find(const std::string &name) const {
  auto at = [&](const std::string &key) {
    auto found = types.find(key);
    return found == types.end() ? nullptr : &found->second;
  };
  if (const Type *type = at(name))
    return type;
  // "struct foo_t" for an anonymous struct behind a typedef: messages call it so.
  if (size_t blank = name.find(' '); blank != std::string::npos) {
    const Type *type = at(name.substr(blank + 1));
    return type && type->name == name.substr(blank + 1) ? type : nullptr;
  }
  for (const char *tag : {"struct ", "union ", "enum "})
    if (const Type *type = at(tag + name))
      return type;
  return nullptr;
}

Definitions parse_c(std::string_view text, Location where, const Options &options, Diagnostics &diagnostics) {
  Definitions definitions;
  if (options.include_files.empty() && !has_active_code(text, options.kernel_has_btf))
    return definitions;
  auto report = [&](const Error &error) {
    size_t line = std::min(text.find('\n'), text.size());
    diagnostics
        .error({where.begin, where.begin + static_cast<uint32_t>(line)}, "could not {} {}: {}", error.action,
               error.object, error.cause)
        .with_hint(error.hint);
    return definitions;
  };
  const Result<Libclang> &clang = load_libclang();
  if (!clang)
    return report(clang.error());
  std::optional<KernelHeaders> kernel = find_kernel_headers(options);
  auto reading = choose_reading(*clang, text, options, kernel);
  if (!reading)
    return report(reading.error());
  ScriptText script{text, where, kernel.has_value(), options.kernel_has_btf};
  warn_of_stand_ins((*reading)->stood_in(), script, diagnostics);
  report_errors((*reading)->errors(), script, diagnostics);
  (*reading)->read(definitions);
  return definitions;
}

}  // namespace sonde::cdefs
