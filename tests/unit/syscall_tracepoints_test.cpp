// Tracepoints of system calls: which targets share one raw tracepoint, and what they can read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "kernel/kernel.h"
#include "kernel/syscall_numbers.h"
#include "probes/provider.h"
#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Field field(std::string name, Type type, uint32_t offset) {
  Field made;
  made.name = std::move(name);
  made.type = std::move(type);
  made.offset = offset;
  return made;
}

// The fake kernel, with types that tell a task in a 32-bit system call.
kernel::FakeKernel telling_kernel() {
  kernel::FakeKernel kernel;
  auto info = std::make_shared<StructLayout>(StructLayout{
      "thread_info", 24, false, {field("flags", Type::uint64(), 0), field("status", Type::integer(32, false), 16)}});
  auto task = std::make_shared<StructLayout>(
      StructLayout{"task_struct", 256, false, {field("thread_info", Type::structure("thread_info"), 8)}});
  kernel.add_type(Type::structure("thread_info", info));
  kernel.add_type(Type::structure("task_struct", task));
  return kernel;
}

std::vector<image::ProviderKind> kinds(const Script &script) {
  std::vector<image::ProviderKind> out;
  for (const sema::Unit &unit : script.analysis().units)
    out.push_back(unit.provider->kind());
  return out;
}

TEST(SyscallNumbers, AreThoseOfThisArchitecture) {
  EXPECT_EQ(kernel::syscall_number("openat"), SYS_openat);
  EXPECT_EQ(kernel::syscall_number("read"), SYS_read);
  EXPECT_EQ(kernel::syscall_number("newuname"), SYS_uname);
  EXPECT_EQ(kernel::syscall_number("mseal"), 462u);
  EXPECT_EQ(kernel::syscall_number("no_such_call"), std::nullopt);
}

// A call without a number would be traced by an event of its own, at a thousand times the cost.
TEST(SyscallNumbers, CoverTheTracepointsOfThisKernel) {
  auto kernel = kernel::open_running_kernel();
  auto tracepoints = kernel->tracepoints("syscalls", "sys_enter_*");
  if (!tracepoints)
    GTEST_SKIP() << tracepoints.error().message();
  std::vector<std::string> unknown;
  for (const kernel::TracepointName &name : *tracepoints)
    if (std::string call = name.event.substr(strlen("sys_enter_")); !kernel::syscall_number(call))
      unknown.push_back(call);
  EXPECT_THAT(unknown, IsEmpty());
}

TEST(SyscallTracepoints, EntriesShareAProgramAndSoDoExits) {
  Script script("tracepoint:syscalls:sys_* { print(probe); }", telling_kernel());
  EXPECT_THAT(kinds(script), ElementsAre(image::ProviderKind::SyscallEnter, image::ProviderKind::SyscallExit));
  const sema::Unit &entries = script.analysis().units[0];
  EXPECT_THAT(entries.targets, SizeIs(3));
  EXPECT_EQ(entries.provider->name(), "tracepoint");
  EXPECT_EQ(entries.provider->section(), "raw_tp");
}

TEST(SyscallTracepoints, NeedNoCookieToTellTargets) {
  kernel::FakeKernel kernel = telling_kernel();
  kernel.remove_feature(kernel::Feature::AttachCookie);
  EXPECT_THAT(kinds(Script("tracepoint:syscalls:sys_enter_* { print(probe); }", kernel)), SizeIs(1));
}

TEST(SyscallTracepoints, FallBackWhereTypesDoNotTellCompatCalls) {
  Script script("tracepoint:syscalls:sys_enter_* { print(pid); }");
  EXPECT_THAT(kinds(script), ElementsAre(image::ProviderKind::Tracepoint));
}

TEST(SyscallTracepoints, FallBackForCallsWithoutAKnownNumber) {
  kernel::FakeKernel kernel = telling_kernel();
  kernel.add_tracepoint("syscalls", "sys_enter_brand_new",
                        "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n");
  Script script("tracepoint:syscalls:sys_enter_* { print(pid); }", kernel);
  EXPECT_THAT(kinds(script), ElementsAre(image::ProviderKind::Tracepoint, image::ProviderKind::SyscallEnter));
}

TEST(SyscallTracepoints, LeaveOtherTracepointsAlone) {
  Script script("tracepoint:raw_syscalls:sys_enter { print(args.id); }", telling_kernel());
  EXPECT_THAT(kinds(script), ElementsAre(image::ProviderKind::Tracepoint));
}

TEST(SyscallTracepoints, OfferTheFieldsThatRegistersHold) {
  kernel::FakeKernel kernel = telling_kernel();
  kernel.add_tracepoint("syscalls", "sys_enter_openat",
                        "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
                        "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
                        "\tfield:__data_loc char[] __filename_val;\toffset:24;\tsize:4;\tsigned:0;\n");
  Script script("tracepoint:syscalls:sys_enter_openat { print(args.dfd); }", kernel);
  const probes::Context &context = script.analysis().units.at(0).context;
  EXPECT_EQ(context.kind, probes::ContextKind::SyscallEnter);
  EXPECT_EQ(context.syscalls->offset, 24u);
  EXPECT_EQ(context.pointers, AddressSpace::User);
  EXPECT_NE(context.args->layout->find("dfd"), nullptr);
  EXPECT_EQ(context.args->layout->find("__filename_val"), nullptr);
}

}  // namespace
}  // namespace sonde::testing
