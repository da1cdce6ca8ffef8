// What sema makes of scripts on kernels that lack something: its errors stand for load failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builtins/builtin.h"
#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

kernel::FakeKernel linux_version(uint32_t major, uint32_t minor) {
  kernel::FakeKernel kernel;
  kernel.set_version({major, minor, 0});
  if (kernel::KernelVersion{major, minor, 0} < kernel::KernelVersion{5, 19, 0})
    kernel.remove_feature(kernel::Feature::PerCpuLookup);
  return kernel;
}

std::vector<std::string> messages(const std::string &script, uint32_t major, uint32_t minor) {
  return Script(script, linux_version(major, minor), {}, builtins::all_builtins()).messages();
}

TEST(SemaOldKernels, StringsAreShorterByDefaultWhereKeysMustBe) {
  const char *script = "tracepoint:syscalls:sys_enter_openat { @[str(args.filename), pid] = count(); }";
  for (auto [minor, size] : {std::pair(10u, 200u), {11u, 1024u}}) {
    Script compiled(script, linux_version(5, minor), {}, builtins::all_builtins());
    EXPECT_THAT(compiled.messages(), IsEmpty());
    EXPECT_EQ(compiled.analysis().config.max_strlen, size);
  }
}

TEST(SemaOldKernels, StringsThatTheUserWantsLongStayLong) {
  EXPECT_THAT(
      messages("config = { max_strlen = 1024 } "
               "tracepoint:syscalls:sys_enter_openat { @m[str(args.filename)] = count(); }",
               5, 10),
      ElementsAre(MatchesRegex("error: the key of @m has 102. bytes; Linux 5.10 takes up to 512 . hint: config = . "
                               "max_strlen = 200 . makes strings shorter")));
  EXPECT_THAT(messages("config = { max_strlen = 1024 } begin { print(str($1)); }", 5, 10), IsEmpty());
}

TEST(SemaOldKernels, KeysOfManyStringsAreTooLongAtAnyLength) {
  const char *script = "kprobe:vfs_read { @m[str(arg0), str(arg1), str(arg2)] = 1; }";
  EXPECT_THAT(
      messages(script, 5, 10),
      ElementsAre(MatchesRegex("error: the key of @m has 60. bytes; Linux 5.10 takes up to 512 . hint: use fewer or "
                               "shorter strings in it")));
  EXPECT_THAT(messages(script, 5, 11), IsEmpty());
}

TEST(SemaOldKernels, ForOverAMap) {
  const char *script = "begin { @m[1] = 2; for ($kv : @m) { print($kv.0); } }";
  EXPECT_THAT(messages(script, 5, 12),
              ElementsAre(HasSubstr("error: for over a map needs Linux 5.13; this is 5.12 | hint: ")));
  EXPECT_THAT(messages(script, 5, 13), IsEmpty());
}

TEST(SemaOldKernels, LoopsWhoseEndTheVerifierCannotSee) {
  auto error = [](const char *what) {
    return HasSubstr(std::string("error: ") + what + " needs Linux 5.17; this is 5.16");
  };
  auto errors = [](const char *script, int major, int minor) {
    std::vector<std::string> all = messages(script, major, minor);
    std::erase_if(all, [](const std::string &message) { return message.starts_with("warning: "); });
    return all;
  };
  for (auto [script, what] :
       {std::pair("begin { $i = 0; while ($i < pid) { $i++; } }", "a while without a constant bound"),
        {"begin { if (pid) { while (1) { break; } } }", "a while without a constant bound"},
        {"begin { for ($i : 0..pid) { } }", "a range whose ends are not constants"},
        {"begin { unroll(2) { for ($i : 0..9000) { } } }", "a range of more than 8000 numbers"}}) {
    SCOPED_TRACE(script);
    EXPECT_THAT(errors(script, 5, 16), ElementsAre(error(what)));
    EXPECT_THAT(errors(script, 5, 17), IsEmpty());
  }
  EXPECT_THAT(errors("begin { $i = 0; while ($i < 10 && $i < pid) { $i++; } for ($j : 0..1000) { } }", 5, 10),
              IsEmpty());
}

TEST(SemaOldKernels, AggregationsOfOtherCpus) {
  EXPECT_THAT(messages("begin { @n = count(); print(@n + 1); }", 5, 18),
              ElementsAre("error: reading @n, which every CPU keeps for itself, needs Linux 5.19; this is 5.18 | hint: "
                          "print(@n) prints it; to compute with it, count in a plain map: @n++"));
  EXPECT_THAT(messages("begin { @n = count(); print(has_key(@n)); }", 5, 18),
              ElementsAre(HasSubstr("error: has_key of @n, which every CPU keeps for itself, needs Linux 5.19")));
  EXPECT_THAT(messages("begin { @n = count(); delete(@n); }", 5, 18),
              ElementsAre(HasSubstr("error: delete of @n, which every CPU keeps for itself, needs Linux 5.19")));
  EXPECT_THAT(
      messages("begin { @n = count(); print(@n); @k[1] = count(); delete(@k, 1); print(@k[1]); clear(@n); }", 5, 10),
      IsEmpty());
  EXPECT_THAT(messages("begin { @n = count(); print(@n + 1); delete(@n); }", 5, 19), IsEmpty());
}

}  // namespace
}  // namespace sonde::testing
