// Follows imports depth first.
#include "driver/load_imports.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "driver/script_file.h"
#include "lexer/imports.h"

namespace sonde::driver {
namespace {

namespace fs = std::filesystem;

enum class Kind : uint8_t { Script, Header, BpfC, Other };

Kind kind_of(const fs::path &path) {
  struct Ending {
    std::string_view text;
    Kind kind;
  };
  std::string name = path.filename().string();
  for (const Ending &ending : {Ending{".bt", Kind::Script}, {".h", Kind::Header}, {".bpf.c", Kind::BpfC}})
    if (name.ends_with(ending.text))
      return ending.kind;
  return Kind::Other;
}

class Loader {
public:
  Loader(Sources &sources, Diagnostics &diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  void follow(size_t file) {
    fs::path folder = fs::path(sources_.file(file).name).parent_path();
    for (const Import &import : find_imports(sources_, file))
      load(folder / import.path, import.where);
    files_.scripts.push_back(file);
  }

  void seen(const fs::path &path) {
    std::error_code ignored;
    seen_.insert(fs::weakly_canonical(path, ignored));
  }

  ImportedFiles take() { return std::move(files_); }

private:
  void load(const fs::path &path, Location where) {
    std::error_code problem;
    fs::path whole = fs::canonical(path, problem);
    if (problem) {
      diagnostics_.error(where, "could not import {}: {}", path.string(), problem.message())
          .with_hint("paths are relative to the file that imports");
      return;
    }
    if (!seen_.insert(whole).second)
      return;
    if (fs::is_directory(whole, problem))
      load_folder(path, where);
    else
      load_file(path, where);
  }

  void load_folder(const fs::path &folder, Location where) {
    std::vector<fs::path> paths;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem))
      if (kind_of(entry->path()) != Kind::Other)
        paths.push_back(entry->path());
    if (problem)
      diagnostics_.error(where, "could not read folder {}: {}", folder.string(), problem.message());
    else if (paths.empty())
      diagnostics_.error(where, "there is nothing to import in {}", folder.string())
          .with_hint("scripts (*.bt), C headers (*.h) and BPF C (*.bpf.c) of a folder are imported");
    std::sort(paths.begin(), paths.end());
    for (const fs::path &path : paths)
      load(path, where);
  }

  void load_file(const fs::path &path, Location where) {
    switch (kind_of(path)) {
    case Kind::Script: return load_script(path, where);
    case Kind::Header: files_.headers.push_back(fs::absolute(path).string()); return;
    case Kind::BpfC: files_.bpf_c.push_back({path.string(), where}); return;
    case Kind::Other:
      diagnostics_.error(where, "{} is nothing that can be imported", path.string())
          .with_hint("imported are scripts (*.bt), C headers (*.h), BPF C (*.bpf.c) and folders of them");
    }
  }

  void load_script(const fs::path &path, Location where) {
    Result<std::string> text = read_script(path.string());
    if (!text)
      diagnostics_.error(where, "could not import {}: {}", path.string(), text.error().cause);
    else
      follow(sources_.add(path.string(), text.take()));
  }

  Sources &sources_;
  Diagnostics &diagnostics_;
  std::set<fs::path> seen_;
  ImportedFiles files_;
};

}  // namespace

ImportedFiles load_imports(Sources &sources, size_t file, Diagnostics &diagnostics) {
  Loader loader(sources, diagnostics);
  loader.seen(sources.file(file).name);
  loader.follow(file);
  return loader.take();
}

}  // namespace sonde::driver
