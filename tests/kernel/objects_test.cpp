// Objects and packages among other tools: what sonde builds, others open; what eunomia's compiler packed, sonde runs.
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "harness.h"
#include "image/base64.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// The first of the names that is a program in the usual places, or an empty string.
std::string find_tool(std::initializer_list<const char *> names) {
  for (const char *name : names)
    for (const char *folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
      if (std::string path = std::string(folder) + name; access(path.c_str(), X_OK) == 0)
        return path;
  return "";
}

class ObjectTest : public TracerTest {
protected:
  std::string build(const std::string &script, const std::string &name) {
    std::string path = directory() + "/" + name;
    Outcome outcome = Sonde({"build", "-e", script, "-o", path}).run();
    EXPECT_EQ(outcome.status, 0) << outcome;
    return path;
  }
  // One program of each section that needs nothing but this machine's kernel, and maps of all storages.
  std::string build_all_kinds(const std::string &name) {
    std::string file = program("traced");
    return build("uprobe:" + file +
                     ":traced_add { @calls[arg0, comm] = count(); @last = str(arg1) } "
                     "uretprobe:" +
                     file +
                     ":traced_add { @returned = hist(retval) } "
                     "software:faults:1000 { @stacks[ustack] = count() } "
                     "interval:s:9 { exit() } BEGIN { @n[1] = 2 } END { printf(\"%d\\n\", @n[1]) }",
                 name);
  }
  static Outcome run(const std::string &tool, std::vector<std::string> words) {
    return Sonde(std::move(words)).executable(tool).run();
  }
  const std::string &directory() const { return directory_.path(); }
  std::string write(const std::string &name, const std::string &text) { return directory_.write(name, text); }

private:
  TemporaryDirectory directory_;
};

TEST_F(ObjectTest, binutils_and_llvm_read_it) {
  std::string object = build_all_kinds("x.bpf.o"), readelf = find_tool({"readelf"});
  ASSERT_NE(readelf, "") << "binutils is installed with the compiler, and copied into guests";
  Outcome sections = run(readelf, {"-SW", object});
  EXPECT_EQ(sections.status, 0) << sections;
  for (const char *name :
       {" uretprobe ", " perf_event ", " raw_tp ", " license ", " .maps ", " .BTF ", " .BTF.ext ", " .sonde "})
    EXPECT_THAT(sections.out, HasSubstr(name));
  // Those that may wait for a page of their process have a name of their own.
  EXPECT_THAT(sections.out, ContainsRegex(" uprobe(\\.s)? "));
  EXPECT_EQ(sections.err, "");
  std::string objdump = find_tool({"llvm-objdump-19", "llvm-objdump"});
  if (objdump.empty())
    GTEST_SKIP() << "llvm-objdump is not here";
  Outcome code = run(objdump, {"-S", "-r", object});
  EXPECT_EQ(code.status, 0) << code;
  EXPECT_THAT(code.out, ContainsRegex("<uprobe_[0-9]+>:"));
  EXPECT_THAT(code.out, HasSubstr("R_BPF_64_64"));
}

TEST_F(ObjectTest, bpftool_knows_its_types) {
  std::string bpftool = find_tool({"bpftool"});
  if (bpftool.empty())
    GTEST_SKIP() << "bpftool is not here";
  Outcome types = run(bpftool, {"btf", "dump", "file", build_all_kinds("x.bpf.o")});
  EXPECT_EQ(types.status, 0) << types;
  for (const char *expected : {"VAR 'AT_calls'", "VAR 'AT_returned'", "DATASEC '.maps'", "FUNC 'begin_"})
    EXPECT_THAT(types.out, HasSubstr(expected));
}

// Of a kernel's types, bpftool takes those that the object's relocations find in it, by libbpf's own code.
TEST_F(ObjectTest, relocations_find_their_fields_in_a_kernel_of_arm64) {
  std::string bpftool = find_tool({"bpftool"});
  const char *types = getenv("SONDE_ARM64_BTF");
  if (bpftool.empty() || !types || access(types, R_OK) != 0)
    GTEST_SKIP() << "bpftool or the BTF of such a kernel is not here: tests/lab/fetch_btf.sh fetches that";
  std::string script = "kprobe:vfs_read { @ = curtask->mm->total_vm; @pid = curtask->pid; } "
                       "tracepoint:syscalls:sys_enter_openat { @name = str(args.filename) } "
                       "begin { if (has_field(struct pt_regs, orig_x0)) { @arm = 1 } }";
  std::string object = directory() + "/x.bpf.o", found = directory() + "/found.btf";
  std::vector<std::string> words = {"build",         "-e",    script,         "-o", object,
                                    "--target-arch", "arm64", "--target-btf", types};
  Outcome built = Sonde(words).run();
  ASSERT_EQ(built.status, 0) << built;
  Outcome made = run(bpftool, {"gen", "min_core_btf", types, found, object});
  ASSERT_EQ(made.status, 0) << made;
  Outcome list = run(bpftool, {"btf", "dump", "file", found});
  // The last two are arm64's alone: where a 32-bit call is told, and a register of struct pt_regs.
  for (const char *field : {"'pid' ", "'mm' ", "'total_vm' ", "'flags' ", "'orig_x0' "})
    EXPECT_THAT(list.out, HasSubstr(field)) << list;
}

TEST_F(ObjectTest, bpftool_loads_its_programs) {
  std::string bpftool = find_tool({"bpftool"});
  if (bpftool.empty())
    GTEST_SKIP() << "bpftool is not here";
  std::string pins = directory() + "/pins";
  std::filesystem::create_directory(pins);
  // Pinned where nobody else sees it, and gone with the shell.
  Outcome outcome =
      run("/usr/bin/unshare",
          {"--mount", "/bin/sh", "-c", "mount -t bpf bpf \"$2\" && \"$0\" prog loadall \"$1\" \"$2/x\" && ls \"$2/x\"",
           bpftool, build_all_kinds("x.bpf.o"), pins});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex("begin_[0-9]+\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("uprobe_[0-9]+\n"));
}

TEST_F(ObjectTest, a_program_with_libbpf_opens_and_loads_it) {
  Outcome outcome = run(program("open_object"), {build_all_kinds("x.bpf.o")});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex("program uprobe_[0-9]+ section uprobe"));
  EXPECT_THAT(outcome.out, ContainsRegex("program begin_[0-9]+ section raw_tp\n"));
  EXPECT_THAT(outcome.out, HasSubstr("map AT_calls key 24 typed value 8 typed\n"));
  EXPECT_THAT(outcome.out, HasSubstr("map AT_n key 8 typed value 8 typed\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nloaded\n"));
}

TEST_F(ObjectTest, damaged_ones_are_refused_by_reason) {
  EXPECT_EQ(run(program("open_object"), {write("x.o", "no object")}).status, 1);
  Outcome outcome = Sonde({write("y.o", "\x7f"
                                        "ELF and nothing more")})
                        .run();
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("too short for an ELF file"));
}

// ---- Packages ----

std::string counts_calls() {
  return "uprobe:" + program("traced") + ":traced_add { @calls = count(); @last[comm] = arg0 } " +
         R"(END { printf("done in %s\n", probe) })";
}

class PackageTest : public ObjectTest {};

TEST_F(PackageTest, runs_as_the_script_does) {
  Outcome script = run_script(counts_calls(), {"-c", traced("add 12")});
  std::string path = build(counts_calls(), "x.json");
  Outcome package = Sonde({path, "-c", traced("add 12")}).run();
  EXPECT_EQ(package.status, 0) << package;
  EXPECT_THAT(package.out, HasSubstr("@calls: 12\n"));
  EXPECT_EQ(package.out, script.out);
  EXPECT_EQ(package.err, script.err);
  EXPECT_NE(access(path.c_str(), X_OK), 0);
}

TEST_F(PackageTest, damage_is_told) {
  std::string text = read_file(build(counts_calls(), "x.json"));
  Outcome cut = Sonde({write("cut.json", text.substr(0, text.size() / 2))}).run();
  EXPECT_EQ(cut.status, 3) << cut;
  EXPECT_THAT(cut.err, AllOf(HasSubstr("could not read the package"), HasSubstr("not JSON")));
  std::string changed = text;
  changed[text.find("\"bpf_object\"") + 100] ^= 1;
  Outcome damaged = Sonde({write("damaged.json", changed)}).run();
  EXPECT_EQ(damaged.status, 3) << damaged;
  EXPECT_THAT(damaged.err, HasSubstr("could not read the package")) << damaged;
  Outcome dumped = Sonde({"-d", write("whole.json", text)}).run();
  EXPECT_EQ(dumped.status, 2) << dumped;
}

class ForeignPackageTest : public ObjectTest {
protected:
  // As eunomia's compiler packs an object that exports struct event.
  std::string pack(const std::string &object, const std::string &exported = R"([{"name": "event", "size": 40}])",
                   const std::string &programs = R"([{"name": "on_add", "link": true}])") {
    std::string bytes = read_file(program(object));
    std::vector<uint8_t> packed(compressBound(bytes.size()));
    uLongf size = packed.size();
    compress(packed.data(), &size, reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
    packed.resize(size);
    return write("package.json", R"({"bpf_object": ")" + image::to_base64(packed) + R"(", "bpf_object_size": )" +
                                     std::to_string(bytes.size()) +
                                     R"(, "meta": {"bpf_skel": {"obj_name": "foreign_bpf", "progs": )" + programs +
                                     R"(, "maps": [{"ident": "events", "name": "events"}]}, "export_types": )" +
                                     exported + "}}");
  }
};

TEST_F(ForeignPackageTest, prints_events_by_their_type) {
  for (const char *object : {"foreign_RING.bpf.o", "foreign_PERF.bpf.o"}) {
    Outcome outcome = Sonde({"-q", pack(object), "-c", traced("add 3")}).run();
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_THAT(outcome.out, ContainsRegex("^TIME +NUMBER FLAGS  REST   IS_ODD PAIR   COLOUR COMM   BIG\n"));
    EXPECT_THAT(
        outcome.out,
        ContainsRegex("\n[0-9:]{8} -1     5      9      true   \\[-7,7\\] \"GREEN\" \"traced\" 18446744073709551615\n"))
        << outcome;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 4) << outcome;
  }
}

TEST_F(ForeignPackageTest, prints_json) {
  Outcome outcome = Sonde({"-q", "-f", "json", pack("foreign_RING.bpf.o"), "-c", traced("add 2")}).run();
  EXPECT_EQ(
      outcome.out,
      R"({"number":0,"flags":5,"rest":9,"is_odd":false,"pair":[-7,7],"colour":"GREEN","comm":"traced","big":18446744073709551615}
{"number":-1,"flags":5,"rest":9,"is_odd":true,"pair":[-7,7],"colour":"GREEN","comm":"traced","big":18446744073709551615}
)") << outcome;
}

TEST_F(ForeignPackageTest, ends_with_a_signal) {
  Outcome outcome = Sonde({pack("foreign_RING.bpf.o")}).signal_after("Attached 1 program", SIGINT).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
}

TEST_F(ForeignPackageTest, refusals_say_why) {
  const std::string object = "foreign_RING.bpf.o";
  auto refused = [&](const std::string &exported, const std::string &programs, std::vector<std::string> more = {}) {
    more.insert(more.begin(), pack(object, exported, programs));
    Outcome outcome = Sonde(more).run();
    EXPECT_EQ(outcome.status, 3) << outcome;
    return outcome.err;
  };
  const std::string event = R"([{"name": "event", "size": 40}])", on_add = R"([{"name": "on_add"}])";
  EXPECT_THAT(refused("[]", on_add), HasSubstr("could not print events of events: the package exports no type"));
  EXPECT_THAT(refused(R"([{"name": "evnt", "size": 40}])", on_add),
              HasSubstr("struct evnt, which its object does not"));
  EXPECT_THAT(refused(R"([{"name": "event", "size": 41}])", on_add),
              HasSubstr("has 41 bytes; in its object it has 40"));
  EXPECT_THAT(refused(event, R"([{"name": "on_sub"}])"), HasSubstr("could not attach on_sub: "));
  EXPECT_THAT(refused(event, on_add, {"-p", std::to_string(getpid())}), HasSubstr("-p cannot be done with them"));
}

}  // namespace
}  // namespace sonde::test
