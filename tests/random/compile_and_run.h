// A script through the whole compiler and into the kernel, by the same ways as sonde's own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "ast/ast.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/loader.h"
#include "sema/analysis.h"

namespace sonde::random {

struct Compiled {
  std::string problems;  // what sema said; empty when it accepted the script
  ast::Program program;
  sema::Analysis analysis;
  image::ProgramImage image;
};

std::unique_ptr<Compiled> compile(const std::string &script, kernel::Kernel &kernel);

class Loaded {
public:
  Loaded(const image::ProgramImage &image, kernel::Kernel &kernel);

  const std::string &problems() const { return problems_; }  // empty when the kernel accepted it
  // Runs the begin probes. False if the kernel could not.
  bool run_begin();
  // The 64-bit values of a map with 64-bit keys.
  std::map<uint64_t, uint64_t> entries(const std::string &map) const;

private:
  const image::ProgramImage &image_;
  std::unique_ptr<runtime::LoadedObject> object_;
  std::string problems_;
};

}  // namespace sonde::random
