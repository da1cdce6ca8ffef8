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

TEST(LoadError, VerifierRejectionNamesProbeReasonAndLine) {
  Error error = explain_load_failure(sample(), EACCES, kProgramFailed,
                                     "0: R1=ctx()\n; @ = *$p; @ x.bt:2\n1: (79) r1 = *(u64 *)(r2 +0)\n"
                                     "R2 !read_ok\nprocessed 2 insns (limit 1000000)\n\n");
  EXPECT_EQ(error.object, "the program for kprobe:f and 1 more");
  EXPECT_THAT(error.cause, HasSubstr("the kernel's verifier says: R2 !read_ok\nx.bt:2:3-10: ERROR"));
  EXPECT_THAT(error.cause, HasSubstr("@ = *$p;\n  ^~~~~~~~"));
}

TEST(LoadError, OfALogThatDoesNotFitNothingIsQuoted) {
  Error error = explain_load_failure(sample(), ENOSPC, kProgramFailed, "; @ = *$p; @ x.bt:2\n9: (07) r2");
  EXPECT_THAT(error.cause, HasSubstr("the kernel's verifier says more than 1000000 bytes about it\nx.bt:1:1-8: ERROR"));
  EXPECT_THAT(error.hint, HasSubstr("too many rounds or branches"));
}

TEST(LoadError, LinesOfImportedScriptsAreShown) {
  image::ProgramImage image = sample();
  image.imported.push_back({"lib/y.bt", "macro m() {\n  *$q\n}\n"});
  Error error = explain_load_failure(image, EACCES, kProgramFailed, "; *$q @ y.bt:2\n1: (79)\nR2 !read_ok\n");
  EXPECT_THAT(error.cause, HasSubstr("lib/y.bt:2:3-5: ERROR"));
}

TEST(LoadError, WithoutALineTheProbeIsShown) {
  Error error = explain_load_failure(sample(), EINVAL, kProgramFailed, "unknown func bpf_x#999\n");
  EXPECT_THAT(error.cause, HasSubstr("unknown func bpf_x#999\nx.bt:1:1-8: ERROR"));
}

TEST(LoadError, ImagesWithoutASourceHaveNoPlace) {
  image::ProgramImage image = sample();
  image.source_text.clear();
  EXPECT_EQ(explain_load_failure(image, EACCES, kProgramFailed, "R2 !read_ok\n").cause,
            "the kernel's verifier says: R2 !read_ok");
}

TEST(LoadError, MissingRightsAreNamed) {
  const char *rights = "this needs root or the capabilities CAP_BPF and CAP_PERFMON";
  EXPECT_EQ(explain_load_failure(sample(), EPERM, kProgramFailed, "").hint, rights);
  EXPECT_EQ(explain_load_failure(sample(), EPERM, "", "").hint, rights);
}

TEST(LoadError, MapsHaveTheirNameInTheScript) {
  Error error = explain_load_failure(sample(), ENOMEM, "libbpf: map 'AT_big': failed to create: Cannot allocate\n", "");
  EXPECT_THAT(error.message(), HasSubstr("could not create the map @big: Cannot allocate memory"));
  EXPECT_THAT(error.hint, HasSubstr("max_map_keys"));
}

TEST(LoadError, KernelsWithoutBpf) {
  EXPECT_EQ(explain_load_failure(sample(), ENOSYS, "", "").hint, "this kernel is built without BPF");
}

}  // namespace
}  // namespace sonde::runtime
