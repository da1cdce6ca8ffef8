// Images survive the way to bytes and back, and damage is refused with a reason.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "image/config.h"
#include "image/executable.h"
#include "image/image_file.h"
#include "image/printf_format.h"

namespace sonde::image {
namespace {

// The smallest BPF object: a header, section names and a table of two sections.
std::vector<uint8_t> tiny_object() {
  static constexpr char kNames[] = "\0.strtab";
  std::vector<uint8_t> bytes(sizeof(Elf64_Ehdr) + 16 + 2 * sizeof(Elf64_Shdr));
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_BPF;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof header + 16;
  Elf64_Shdr names{};
  names.sh_name = 1;
  names.sh_type = SHT_STRTAB;
  names.sh_offset = sizeof header;
  names.sh_size = sizeof kNames;
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, kNames, sizeof kNames);
  std::memcpy(bytes.data() + header.e_shoff + sizeof(Elf64_Shdr), &names, sizeof names);
  return bytes;
}

ProgramImage sample() {
  ProgramImage image;
  image.object = tiny_object();
  Target target;
  target.name = "uprobe:/bin/bash:readline";
  target.module = "/bin/bash";
  target.function = "readline";
  target.offset = 0xfffffffffffffff0;
  TargetFit fit{"group", "args", {"fd"}, false, true};
  image.programs.push_back({"prog_0", ProviderKind::Uprobe, {target}, true, {3, 9}, fit, 4096});
  image.oldest_kernel = "5.10.0";
  image.attach_points = {{"uprobe:/bin/bash:read*", {3, 9}, {0}, false}, {"uprobe:sh:read", {11, 12}, {0}, true}};
  image.kernel_uses = {{KernelUseKind::RecordField, "sched:sched_switch", "prev_pid", "int32", {2, 4}, {}}};
  image.texts = {{ParameterKind::Option, "name"}};
  image.probe_names = {"uprobe:/bin/bash:readline"};
  image.maps.push_back({"@start", "AT_start", Type::tuple({Type::int64(), Type::string(16)}), Type::hist(2),
                        MapStorage::PerCpuHash, 4096});
  image.maps.push_back({"@l", "AT_l", Type::none(), Type::lhist({-5, 100, 7}), MapStorage::PerCpuArray, 1});
  image.maps.push_back(
      {"@s", "AT_s", Type::none(), Type::time_series({1000, 5, SeriesValue::Avg}, true), MapStorage::PerCpuArray, 1});
  EventSpec event;
  event.kind = EventKind::PrintValue;
  event.fields.push_back({Type::enumeration("e", 32, true, {{"MINUS", -1}, {"ONE", 1}}), 8});
  event.size = 16;
  event.map = 1;
  event.format = "%s\xff\n";
  image.events.push_back(event);
  image.parameters = {{ParameterKind::ChildPid, ""}, {ParameterKind::KernelSymbol, "jiffies"}};
  image.config.max_strlen = 77;
  image.config.str_trunc_trailer = "…";
  image.source_name = "x.bt";
  image.source_text = std::string("BEGIN { /* \x80 */ \"\0\" }", 22);
  return image;
}

TEST(Image, ComesBackAsItWas) {
  ProgramImage before = sample();
  auto file = write_image(before);
  ASSERT_TRUE(file) << file.error().message();
  auto after = read_image(*file);
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_EQ(after->object, before.object);
  EXPECT_EQ(metadata_json(*after), metadata_json(before));
  EXPECT_EQ(after->source_text, before.source_text);
  EXPECT_EQ(after->events[0].format, before.events[0].format);
  EXPECT_EQ(after->maps[0].key, before.maps[0].key);
  EXPECT_EQ(after->maps[1].value, before.maps[1].value);
  EXPECT_EQ(after->programs[0].targets[0].offset, 0xfffffffffffffff0);
  EXPECT_EQ(after->config.str_trunc_trailer, "…");
  EXPECT_EQ(*after->events[0].map, 1u);
}

TEST(Image, EveryTruncationIsRefusedWithAReason) {
  auto file = write_image(sample());
  ASSERT_TRUE(file);
  for (size_t size = 0; size < file->size(); ++size) {
    // A copy of exactly that size lets AddressSanitizer see reads past the end.
    std::vector<uint8_t> cut(file->begin(), file->begin() + static_cast<ptrdiff_t>(size));
    auto image = read_image(cut);
    ASSERT_FALSE(image) << "cut to " << size;
    ASSERT_FALSE(image.error().cause.empty());
  }
}

TEST(Image, ChangedBytesAreRefusedOrHarmless) {
  auto file = write_image(sample());
  ASSERT_TRUE(file);
  std::string json = metadata_json(sample());
  size_t refused = 0;
  for (size_t at = 0; at < file->size(); ++at) {
    std::vector<uint8_t> changed = *file;
    changed[at] ^= 0x55;
    auto image = read_image(changed);
    refused += !image.ok();
    if (image) {
      EXPECT_EQ(metadata_json(*image), json) << "at " << at;
    }
  }
  EXPECT_GT(refused, json.size()) << "every change of the JSON breaks the checksum";
}

TEST(Image, PlainObjectsAreNamedAsSuch) {
  auto image = read_image(tiny_object());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().cause, "it is a BPF object, but not one that sonde built");
}

// Writes the image with one thing wrong; the checksum is right.
std::string refusal(void (*spoil)(ProgramImage &)) {
  ProgramImage image = sample();
  spoil(image);
  auto file = write_image(image);
  if (!file)
    return "not written";
  auto back = read_image(*file);
  return back ? "accepted" : back.error().cause;
}

TEST(Image, NumbersThatDoNotFitTogetherAreRefused) {
  EXPECT_EQ(refusal([](ProgramImage &) {}), "accepted");
  EXPECT_NE(refusal([](ProgramImage &image) { image.events[0].fields[0].offset = 13; }).find("outside its record"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.events[0].map = 3; }).find("a map that is not there"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.events[0].divisor = 0; }).find("divisor"), std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.maps[0].value.size = 8; }).find("maps[0]: a hist_t of 8 bytes"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.maps[1].value.linear.step = 0; }).find("lhist_t"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.maps[2].value.series.interval_ns = 0; }).find("tseries_t"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.maps[2].value.series.count = 6; }).find("tseries_t"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.events[0].kind = EventKind::Packet; }).find("lacks fields"),
            std::string::npos);
  EXPECT_NE(refusal([](ProgramImage &image) { image.programs[0].targets[0].name_index = 5; }).find("no probe name"),
            std::string::npos);
}

TEST(Image, PointeesAreWrittenWithoutTheirLayout) {
  auto layout = std::make_shared<StructLayout>();
  layout->size = 8;
  layout->fields.push_back({"secret", Type::int64()});
  ProgramImage image = sample();
  image.maps[0].value = Type::pointer(Type::structure("task_struct", layout), AddressSpace::Kernel);
  std::string json = metadata_json(image);
  EXPECT_NE(json.find("task_struct"), std::string::npos);
  EXPECT_EQ(json.find("secret"), std::string::npos);
}

TEST(Config, EveryKeyTakesItsOwnValueBack) {
  Config config;
  for (const ConfigKey &key : config_keys()) {
    EXPECT_TRUE(key.set(config, key.get(config)).ok()) << key.name;
    EXPECT_FALSE(key.summary.empty()) << key.name;
    EXPECT_EQ(find_config_key(key.name), &key);
  }
}

TEST(Config, OldNamesStillWork) {
  Config config;
  ASSERT_NE(find_config_key("strlen"), nullptr);
  EXPECT_TRUE(find_config_key("strlen")->set(config, "99").ok());
  EXPECT_EQ(config.max_strlen, 99u);
  EXPECT_TRUE(find_config_key("map_keys_max")->set(config, "5").ok());
  EXPECT_EQ(config.max_map_keys, 5u);
  EXPECT_TRUE(find_config_key("no_cpp_demangle")->set(config, "1").ok());
  EXPECT_FALSE(config.cpp_demangle);
  EXPECT_EQ(find_config_key("nonsense"), nullptr);
}

TEST(Config, ValuesOutOfRangeSayWhatIsAllowed) {
  Config config;
  for (const char *text : {"", "0", "-1", "12x", "99999999999999999999"}) {
    auto done = find_config_key("max_strlen")->set(config, text);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().cause, "it must be a whole number from 1 to 32000");
  }
  EXPECT_EQ(find_config_key("missing_probes")->set(config, "x").error().cause, "it must be error, warn or ignore");
  EXPECT_EQ(find_config_key("cpp_demangle")->set(config, "yes").error().cause, "it must be 0 (false) or 1 (true)");
}

TEST(Config, OurEnvironmentWinsOverBpftraces) {
  setenv("BPFTRACE_MAX_STRLEN", "10", 1);
  setenv("BPFTRACE_STRLEN", "9", 1);
  setenv("BPFTRACE_NO_CPP_DEMANGLE", "1", 1);
  Config config;
  EXPECT_TRUE(apply_environment(config).ok());
  EXPECT_EQ(config.max_strlen, 10u);
  EXPECT_FALSE(config.cpp_demangle);
  setenv("SONDE_MAX_STRLEN", "11", 1);
  EXPECT_TRUE(apply_environment(config).ok());
  EXPECT_EQ(config.max_strlen, 11u);
  setenv("SONDE_MAX_STRLEN", "many", 1);
  auto done = apply_environment(config);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().object, "SONDE_MAX_STRLEN");
  for (const char *name : {"BPFTRACE_MAX_STRLEN", "BPFTRACE_STRLEN", "BPFTRACE_NO_CPP_DEMANGLE", "SONDE_MAX_STRLEN"})
    unsetenv(name);
}

TEST(PrintfFormat, IsTakenApart) {
  auto format = parse_printf_format("a%%b %-08.3lld|%*.*s %rx%");
  ASSERT_FALSE(format) << "ends in a lone percent sign";
  format = parse_printf_format("a%%b %-08.3lld|%*.*s %rx.");
  ASSERT_TRUE(format) << format.error().message();
  ASSERT_EQ(format->pieces.size(), 4u);
  const FormatPiece &first = format->pieces[0];
  EXPECT_EQ(first.literal, "a%b ");
  EXPECT_EQ(first.flags, "-0");
  EXPECT_EQ(first.width, 8);
  EXPECT_EQ(first.precision, 3);
  EXPECT_EQ(first.length, "ll");
  EXPECT_EQ(first.conversion, "d");
  EXPECT_EQ(first.position, 5u);
  EXPECT_TRUE(format->pieces[1].width_from_argument);
  EXPECT_TRUE(format->pieces[1].precision_from_argument);
  EXPECT_EQ(format->pieces[2].conversion, "rx");
  EXPECT_FALSE(format->pieces[3].has_conversion);
  EXPECT_EQ(format->pieces[3].literal, ".");
  EXPECT_EQ(format->argument_count(), 5u);
}

TEST(PrintfFormat, BadConversionsAreNamed) {
  for (auto [format, named] : {std::pair("x %q y", "'%q'"),
                               {"%", "'%'"},
                               {"%-5", "'%-5'"},
                               {"%99999d", "'%99999'"},
                               {"%.70000s", "'%.70000'"}}) {
    auto parsed = parse_printf_format(format);
    ASSERT_FALSE(parsed) << format;
    EXPECT_NE(parsed.error().cause.find(named), std::string::npos) << parsed.error().cause;
  }
}

TEST(ExecutableTest, carries_an_image_behind_the_program) {
  const std::vector<uint8_t> program = {1, 2, 3}, image = {9, 8, 7, 6, 5};
  std::vector<uint8_t> executable = append_image(program, image);
  EXPECT_EQ(std::vector<uint8_t>(executable.begin(), executable.begin() + 3), program);
  auto found = appended_image(executable);
  ASSERT_TRUE(found);
  EXPECT_EQ(std::vector<uint8_t>(found->begin(), found->end()), image);
  EXPECT_EQ((found->data() - executable.data()) % 8, 0);
}

TEST(ExecutableTest, finds_nothing_in_what_was_cut) {
  std::vector<uint8_t> executable = append_image(std::vector<uint8_t>(100), std::vector<uint8_t>(50));
  EXPECT_FALSE(appended_image(std::span(executable).first(executable.size() - 1)));
  EXPECT_FALSE(appended_image(std::span(executable).last(40)));
  EXPECT_FALSE(appended_image({}));
}

}  // namespace
}  // namespace sonde::image
