// The functions and symbols of the running kernel, read once.
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"

namespace sonde::kernel {

class FunctionList {
public:
  using Tracefs = std::function<Result<std::string>()>;
  explicit FunctionList(Tracefs tracefs) : tracefs_(std::move(tracefs)) {}

  // Starts reading in a thread: producing the text is the kernel's work, and the CPU of the caller stays free.
  void expect();
  // As Kernel::functions. What they return points into this object.
  Result<std::vector<KernelFunction>> matching(std::string_view module, std::string_view name);
  // As Kernel::symbol_address.
  std::optional<uint64_t> address(const std::string &symbol);

private:
  using Text = Result<std::string>;
  const Text &filter_functions();
  const Text &kallsyms();
  const Result<std::vector<KernelFunction>> &all();
  Result<std::vector<KernelFunction>> read();

  Tracefs tracefs_;
  std::optional<Text> filter_functions_, kallsyms_;
  std::future<Text> coming_;  // kallsyms
  std::optional<Result<std::vector<KernelFunction>>> all_;
};

}  // namespace sonde::kernel
