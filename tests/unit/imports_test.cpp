// Scripts of several files, through the compiler on a kernel of literals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "driver/compile.h"
#include "kernel/fake_kernel.h"

namespace sonde::driver {
namespace {

namespace fs = std::filesystem;

class Imports : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "importsXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string &name, const std::string &text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  // Compiles main.bt; what was said of it, without the folder's name.
  std::string compile_main() {
    Sources sources;
    std::ifstream in(folder_ / "main.bt");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    size_t file = sources.add((folder_ / "main.bt").string(), text);
    Diagnostics diagnostics;
    kernel::FakeKernel kernel;
    result_ = compile(sources, file, kernel, {}, diagnostics);
    std::string said = diagnostics.format(sources);
    for (size_t at; (at = said.find(folder_.string() + "/")) != std::string::npos;)
      said.erase(at, folder_.string().size() + 1);
    return said;
  }

  std::vector<std::string> probes() const {
    std::vector<std::string> names;
    for (const image::ProgramSpec &program : result_.image->programs)
      names.push_back(program.targets.front().name);
    return names;
  }

  fs::path folder_;
  Compilation result_;
};

TEST_F(Imports, MacrosProbesAndCOfOtherFiles) {
  write("main.bt",
        "import \"lib/all.bt\";\nimport \"lib/point.h\"\nend { print(twice(sizeof(struct point))); print(LIMIT) }");
  write("lib/all.bt", "import \"macros.bt\";\n#define LIMIT 5\nbegin { @ready = twice(1) }");
  write("lib/macros.bt", "macro twice(x) { x + x }");
  write("lib/point.h", "struct point { int x, y; };");
  EXPECT_EQ(compile_main(), "");
  EXPECT_EQ(probes(), (std::vector<std::string>{"begin", "end"}));
}

TEST_F(Imports, AFileIsReadOnceAlsoInACircle) {
  write("main.bt", "import \"a.bt\"; import \"b.bt\"; import \"./a.bt\"; begin { @main = 1 }");
  write("a.bt", "import \"b.bt\"; import \"main.bt\"; begin { @a = 1 }");
  write("b.bt", "import \"a.bt\"; begin { @b = 1 }");
  EXPECT_EQ(compile_main(), "");
  EXPECT_EQ(probes().size(), 3u);
}

TEST_F(Imports, TheScriptsAndHeadersOfAFolder) {
  write("main.bt", "import \"lib\"; begin { print(one); print(two); print(sizeof(struct s)) }");
  write("lib/1.bt", "macro one() { 1 }");
  write("lib/2.bt", "macro two() { 2 }");
  write("lib/s.h", "struct s { long a; };");
  write("lib/readme.txt", "not a script");
  EXPECT_EQ(compile_main(), "");
}

// What their calls give, tests/kernel/bpf_c_test.cpp looks at.
TEST_F(Imports, FunctionsInCOfAFolder) {
  write("main.bt", "import \"lib\"; begin { $p = made(2); print($p.x); print(twice((int8)3)); act() }");
  write("lib/a.bpf.c", "int twice(int x) { return 2 * x; }\nstatic int hidden(int x) { return x; }\nvoid act(void) {}");
  write("lib/b.bpf.c", "struct point { int x; } here;\nstruct point *made(int x) { here.x = x; return &here; }");
  EXPECT_EQ(compile_main(), "");
  ASSERT_TRUE(result_.image);
  EXPECT_FALSE(result_.image->object.empty());
  write("main.bt", "import \"lib\"; begin { print(hidden(1)) }");
  EXPECT_THAT(compile_main(), ::testing::HasSubstr("Unknown function: 'hidden'"));
}

TEST_F(Imports, NamesInCThatAreTaken) {
  write("main.bt", "import \"lib.bpf.c\"; begin { printf(\"%d\", one()) }");
  write("lib.bpf.c", "int events;\nint one(void) { return events; }");
  EXPECT_THAT(compile_main(), ::testing::HasSubstr("its 'events' has a name that is taken"));
}

TEST_F(Imports, ErrorsAreShownInTheirFile) {
  write("main.bt", "import \"lib.bt\";\nbegin { print(1) }");
  write("lib.bt", "begin { print(1) }\nend { print(nosuch); }");
  EXPECT_EQ(compile_main(), "lib.bt:2:13-18: ERROR: Unknown identifier: 'nosuch'\n"
                            "end { print(nosuch); }\n"
                            "            ^~~~~~\n");
}

TEST_F(Imports, WhatCannotBeImported) {
  write("main.bt", "import \"missing.bt\";\nimport \"x.c\";\nimport \"empty\";\nbegin { print(1) }");
  write("x.c", "int x;");
  fs::create_directory(folder_ / "empty");
  EXPECT_EQ(compile_main(), "main.bt:1:1-19: ERROR: could not import missing.bt: No such file or directory\n"
                            "import \"missing.bt\";\n"
                            "^~~~~~~~~~~~~~~~~~~\n"
                            "HINT: paths are relative to the file that imports\n"
                            "main.bt:2:1-12: ERROR: x.c is nothing that can be imported\n"
                            "import \"x.c\";\n"
                            "^~~~~~~~~~~~\n"
                            "HINT: imported are scripts (*.bt), C headers (*.h), BPF C (*.bpf.c) and folders of them\n"
                            "main.bt:3:1-14: ERROR: there is nothing to import in empty\n"
                            "import \"empty\";\n"
                            "^~~~~~~~~~~~~~\n"
                            "HINT: scripts (*.bt), C headers (*.h) and BPF C (*.bpf.c) of a folder are imported\n");
}

}  // namespace
}  // namespace sonde::driver
