// Random scripts, each from its seed: the kernel accepts what sema accepts, and computes what the language says.
//
// SONDE_RANDOM_SEED (1) is the first seed, SONDE_RANDOM_SCRIPTS (300) how many follow, and SONDE_RANDOM_SECONDS (8)
// limits each test; a failure prints its script.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "compile_and_run.h"
#include "evaluate.h"
#include "expressions.h"
#include "programs.h"

namespace sonde::random {
namespace {

constexpr uint32_t kExpressions = 24;  // of one script

uint64_t setting(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class RandomTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "loading BPF programs needs root";
  }

  // Calls `check(seed)` with one seed after the other until time is up.
  template <typename Check> void for_seeds(Check check) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(setting("SONDE_RANDOM_SECONDS", 8));
    uint64_t seed = setting("SONDE_RANDOM_SEED", 1), first = seed;
    uint64_t last = first + setting("SONDE_RANDOM_SCRIPTS", 300);
    for (; seed < last && std::chrono::steady_clock::now() < end && !HasFailure(); ++seed)
      check(seed);
    uint64_t scripts = seed - first;
    std::printf("%lu scripts, %lu refused by sema\n", scripts, refused_);
    EXPECT_LE(refused_ * 4, scripts * 3)
        << "scripts should be well typed, but for what old kernels lack; the last that was not:\n"
        << problems_;
  }

  bool is_refused(const Compiled &compiled) {
    if (compiled.problems.empty())
      return false;
    refused_++;
    problems_ = compiled.problems;
    return true;
  }

  std::unique_ptr<kernel::Kernel> kernel_ = kernel::open_running_kernel();

private:
  uint64_t refused_ = 0;
  std::string problems_;
};

TEST_F(RandomTest, expressions_have_the_value_that_the_language_gives_them) {
  for_seeds([&](uint64_t seed) {
    std::string script = expression_script(seed, kExpressions);
    auto compiled = compile(script, *kernel_);
    if (is_refused(*compiled))
      return;
    Loaded loaded(compiled->image, *kernel_);
    ASSERT_EQ(loaded.problems(), "") << "seed " << seed << "\n" << script;
    ASSERT_TRUE(loaded.run_begin());
    Evaluator evaluator;
    for (const sema::Unit &unit : compiled->analysis.units)
      evaluator.run(compiled->analysis, unit);
    std::map<uint64_t, uint64_t> found = loaded.entries("AT_r");
    for (const auto &[index, wanted] : evaluator.entries("r"))
      ASSERT_EQ(found[index], wanted.bits) << "seed " << seed << ", @r[" << index << "]\n" << script;
  });
}

TEST_F(RandomTest, programs_that_sema_accepts_load) {
  for_seeds([&](uint64_t seed) {
    std::string script = program_script(seed);
    auto compiled = compile(script, *kernel_);
    if (is_refused(*compiled))
      return;
    Loaded loaded(compiled->image, *kernel_);
    ASSERT_EQ(loaded.problems(), "") << "seed " << seed << "\n" << script;
    ASSERT_TRUE(loaded.run_begin()) << "seed " << seed << "\n" << script;
  });
}

}  // namespace
}  // namespace sonde::random

int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
