// What users read when the kernel refuses an object, from texts as libbpf and the verifier write them.
#include "runtime/load_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace sonde::runtime {
namespace {

using testing::HasSubstr;

image::ProgramImage sample() {
  image::ProgramImage image;
  image.source_name = "x.bt";
  image.source_text = "kprobe:f {\n  @ = *$p;\n}\n";
  image::ProgramSpec program;
  program.function = "kprobe_0";
  program.provider = image::ProviderKind::Kprobe;
  program.targets.resize(2);
  program.targets[0].name = "kprobe:f";
  program.where = {0, 8};
  image.programs.push_back(program);
  image.maps.push_back({"@big", "AT_big", Type::int64(), Type::int64(), image::MapStorage::Hash, 1u << 31});
  return image;
}

constexpr const char *kProgramFailed = "libbpf: prog 'kprobe_0': BPF program load failed: Permission denied\n";

Error explain(const image::ProgramImage &image, int error_number, std::string_view libbpf_text,
              std::string_view verifier_log) {
  return explain_load_failure(image, error_number, libbpf_text, verifier_log, {});
}

TEST(LoadError, VerifierRejectionNamesProbeReasonAndLine) {
  Error error = explain(sample(), EACCES, kProgramFailed,
                        "0: R1=ctx()\n; @ = *$p; @ x.bt:2\n1: (79) r1 = *(u64 *)(r2 +0)\n"
                        "R2 !read_ok\nprocessed 2 insns (limit 1000000)\n\n");
  EXPECT_EQ(error.object, "the program for kprobe:f and 1 more");
  EXPECT_THAT(error.cause, HasSubstr("the kernel's verifier says: R2 !read_ok\nx.bt:2:3-10: ERROR"));
  EXPECT_THAT(error.cause, HasSubstr("@ = *$p;\n  ^~~~~~~~"));
}

TEST(LoadError, OfALogThatDoesNotFitNothingIsQuoted) {
  Error error = explain(sample(), ENOSPC, kProgramFailed, "; @ = *$p; @ x.bt:2\n9: (07) r2");
  EXPECT_THAT(error.cause, HasSubstr("the kernel's verifier says more than 1000000 bytes about it\nx.bt:1:1-8: ERROR"));
  EXPECT_THAT(error.hint, HasSubstr("too many rounds or branches"));
}

TEST(LoadError, LinesOfImportedScriptsAreShown) {
  image::ProgramImage image = sample();
  image.imported.push_back({"lib/y.bt", "macro m() {\n  *$q\n}\n"});
  Error error = explain(image, EACCES, kProgramFailed, "; *$q @ y.bt:2\n1: (79)\nR2 !read_ok\n");
  EXPECT_THAT(error.cause, HasSubstr("lib/y.bt:2:3-5: ERROR"));
}

TEST(LoadError, WithoutALineTheProbeIsShown) {
  Error error = explain(sample(), EINVAL, kProgramFailed, "unknown func bpf_x#999\n");
  EXPECT_THAT(error.cause, HasSubstr("unknown func bpf_x#999\nx.bt:1:1-8: ERROR"));
}

TEST(LoadError, ImagesWithoutASourceHaveNoPlace) {
  image::ProgramImage image = sample();
  image.source_text.clear();
  EXPECT_EQ(explain(image, EACCES, kProgramFailed, "R2 !read_ok\n").cause, "the kernel's verifier says: R2 !read_ok");
}

TEST(LoadError, MissingRightsAreNamed) {
  const char *rights = "this needs root or the capabilities CAP_BPF and CAP_PERFMON";
  EXPECT_EQ(explain(sample(), EPERM, kProgramFailed, "").hint, rights);
  EXPECT_EQ(explain(sample(), EPERM, "", "").hint, rights);
}

TEST(LoadError, ALockedKernelHasNoHelpersThatReadMemory) {
  Error error =
      explain_load_failure(sample(), EINVAL, kProgramFailed,
                           "program of this type cannot use helper bpf_probe_read_str#45\n", {true, "confidentiality"});
  EXPECT_THAT(error.cause, HasSubstr("locked down (confidentiality)"));
  EXPECT_THAT(error.hint, HasSubstr("lockdown="));
}

TEST(LoadError, FunctionsThatRunningProgramsNeed) {
  image::ProgramImage image = sample();
  image.programs[0].provider = image::ProviderKind::Fentry;
  Error error = explain(image, EINVAL, kProgramFailed, "processed 0 insns (limit 1000000)\n");
  EXPECT_THAT(error.cause, HasSubstr("running a program needs"));
}

TEST(LoadError, WhoHasTheRightsIsToldWhatForbidsIt) {
  Error locked = explain_load_failure(sample(), EPERM, kProgramFailed, "", {true, "confidentiality"});
  EXPECT_EQ(locked.cause, "the kernel does not permit it: the kernel is locked down (confidentiality) and forbids it");
  Error policy = explain_load_failure(sample(), EPERM, kProgramFailed, "", {true, ""});
  EXPECT_EQ(policy.cause, "the kernel does not permit it: a security policy forbids it to root, too");
  image::ProgramImage fentry = sample();
  fentry.programs[0].provider = image::ProviderKind::Fentry;
  Error trampoline = explain_load_failure(fentry, EPERM, kProgramFailed, "", {true, ""});
  EXPECT_THAT(trampoline.cause, HasSubstr("this kernel has no BPF trampolines"));
  EXPECT_EQ(trampoline.hint, "kprobes and tracepoints need none");
}

TEST(LoadError, MapsHaveTheirNameInTheScript) {
  Error error = explain(sample(), ENOMEM, "libbpf: map 'AT_big': failed to create: Cannot allocate\n", "");
  EXPECT_THAT(error.message(), HasSubstr("could not create the map @big: Cannot allocate memory"));
  EXPECT_THAT(error.hint, HasSubstr("max_map_keys"));
}

TEST(LoadError, KernelsWithoutBpf) {
  EXPECT_EQ(explain(sample(), ENOSYS, "", "").hint, "this kernel is built without BPF");
}

}  // namespace
}  // namespace sonde::runtime
