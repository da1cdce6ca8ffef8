// The C of bpftrace's own tools, as Debian installs them: it is read without errors, and the types and
// constants that the tools use are found in it or left to the kernel's BTF.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "base/text.h"
#include "cdefs/parse_c.h"
#include "kernel/kernel.h"

namespace sonde::cdefs {
namespace {

constexpr const char *kToolsFolder = "/usr/sbin";
constexpr const char *kVmlinuxBtf = "/sys/kernel/btf/vmlinux";

struct Tool {
  std::string name, c, rest;
};

// Splits a tool where its C ends: behind the last preprocessor line.
std::optional<Tool> read_tool(const std::filesystem::path &path) {
  std::ifstream file(path);
  Tool tool{path.filename(), {}, {}};
  for (std::string line; std::getline(file, line);) {
    bool is_preprocessor = line.starts_with('#') && !line.starts_with("#!");
    tool.rest += line + "\n";
    if (is_preprocessor)
      tool.c += std::exchange(tool.rest, "");
  }
  // What comes before the first preprocessor line is a comment.
  size_t begin = tool.c.find("\n#i");
  return begin == std::string::npos ? std::nullopt
                                    : std::optional(Tool{tool.name, tool.c.substr(begin + 1), tool.rest});
}

std::vector<Tool> tools_with_c() {
  std::vector<Tool> tools;
  for (const auto &entry : std::filesystem::directory_iterator(kToolsFolder))
    if (entry.path().extension() == ".bt")
      if (auto tool = read_tool(entry.path()))
        tools.push_back(std::move(*tool));
  return tools;
}

std::set<std::string> all_matches(const std::string &text, const char *pattern) {
  std::regex regex(pattern);
  std::set<std::string> matches;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    matches.insert((*at)[1]);
  return matches;
}

class ToolHeaders : public ::testing::Test {
protected:
  void SetUp() override {
    tools_ = tools_with_c();
    if (tools_.empty())
      GTEST_SKIP() << "no tools of bpftrace in " << kToolsFolder;
    if (access(kVmlinuxBtf, R_OK) != 0)
      GTEST_SKIP() << "this kernel has no BTF";
    options_.kernel_has_btf = true;
    options_.kernel_type = [this](const std::string &name) -> std::optional<Type> {
      auto type = kernel_->type(name);
      return type ? type.take() : std::nullopt;
    };
  }

  Definitions parse(const std::string &c, const Options &options) {
    Sources sources;
    sources.add("tool.bt", c);
    Diagnostics diagnostics;
    Definitions definitions = parse_c(c, {0, static_cast<uint32_t>(c.size())}, options, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.format(sources);
    return definitions;
  }

  std::unique_ptr<kernel::Kernel> kernel_ = kernel::open_running_kernel();
  std::vector<Tool> tools_;
  Options options_;
};

TEST_F(ToolHeaders, AreReadWithBtfAndNoKernelHeaders) {
  options_.kernel_source = "/nonexistent";
  for (const Tool &tool : tools_) {
    SCOPED_TRACE(tool.name);
    Definitions definitions = parse(tool.c, options_);
    // Structs that tools cast to, unless this kernel was built without what they belong to.
    for (const std::string &name : all_matches(tool.rest, R"(\((struct [a-z_]+) *\*\))"))
      EXPECT_TRUE(definitions.find(name) || options_.kernel_type(name)) << name;
    for (const std::string &name : all_matches(tool.rest, R"(\b((?:AF|TASK)_[A-Z0-9]+)\b)"))
      EXPECT_TRUE(definitions.macros.contains(name)) << name;
  }
}

TEST_F(ToolHeaders, StructsOfUnguardedToolsAreLeftToBtf) {
  options_.kernel_source = "/nonexistent";
  // What the tools have for kernels without BTF, as older tools have it for all.
  for (const Tool &tool : tools_) {
    SCOPED_TRACE(tool.name);
    std::string c = std::regex_replace(tool.c, std::regex("#ifndef BPFTRACE_HAVE_BTF"), "#if 1");
    Definitions definitions = parse(c, options_);
    for (const std::string &name : all_matches(tool.rest, R"(\b((?:AF|TASK|TCP)_[A-Z0-9_]+)\b)"))
      EXPECT_TRUE(definitions.macros.contains(name) || definitions.enumerators.contains(name)) << name;
    if (c.find("struct nameidata {") != std::string::npos) {
      const Type *type = definitions.find("nameidata");
      ASSERT_TRUE(type);
      EXPECT_EQ(type->layout->find("last")->offset, options_.kernel_type("struct path")->size);
    }
  }
}

}  // namespace
}  // namespace sonde::cdefs
