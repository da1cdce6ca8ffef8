// A script, analysed against the fake kernel and a small table of builtins.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "builtins/builtin.h"
#include "kernel/fake_kernel.h"
#include "sema/analysis.h"
#include "sema/analyze.h"

namespace sonde::testing {

// pid nsecs comm argN args retval probe curtask | str delete has_key | printf print clear exit |
// count sum hist stats
builtins::Table few_builtins();

class Script {
public:
  explicit Script(std::string text, sema::AnalyzeOptions options = {}, builtins::Table table = few_builtins());
  Script(std::string text, kernel::FakeKernel kernel, sema::AnalyzeOptions options = {},
         builtins::Table table = few_builtins());

  const sema::Analysis &analysis() const { return analysis_; }
  // Each diagnostic as "error: …", its notes as " | note: … 'text'", its hint as " | hint: …".
  std::vector<std::string> messages() const;
  std::string dump() const { return sema::print(analysis_); }
  // "@x[int64]: uint64"; empty when there is no such map.
  std::string map(const std::string &name) const;
  // Type of the first variable of that name in the first unit.
  std::string variable(const std::string &name) const;

private:
  Sources sources_;
  kernel::FakeKernel kernel_;
  Diagnostics diagnostics_;
  ast::Program program_;
  sema::Analysis analysis_;
};

}  // namespace sonde::testing
