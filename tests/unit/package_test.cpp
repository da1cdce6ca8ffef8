// Packages survive the way to JSON and back; damaged ones, and those of eunomia that have no clear meaning, are refused
// with a reason.
#include "image/package.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "image/base64.h"
#include "image/image_file.h"
#include "image/metadata_fields.h"

namespace sonde::image {
namespace {

using ::testing::HasSubstr;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

TEST(Base64, is_that_of_the_standard) {
  // RFC 4648, section 10.
  const std::pair<const char *, const char *> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"},
                                                            {"\xfb\xff\xfe", "+//+"}};
  for (auto [plain, encoded] : kVectors) {
    EXPECT_EQ(to_base64(bytes_of(plain)), encoded);
    auto decoded = from_base64(encoded);
    ASSERT_TRUE(decoded) << encoded;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), plain);
  }
  for (const char *wrong : {"Z", "Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zh==", "Zm9="})
    EXPECT_FALSE(from_base64(wrong)) << wrong;
}

ProgramImage sample() {
  ProgramImage image;
  image.object.assign(5000, 'x');
  image.maps.push_back({"@n", "AT_n", Type::none(), Type::int64(), MapStorage::Array, 1});
  image.source_name = "x.bt";
  image.source_text = "BEGIN { @n = 1 } // \xff";
  image.kernel_release = "6.1";
  return image;
}

TEST(Package, comes_back_as_it_was) {
  ProgramImage before = sample();
  std::string text = write_package(before);
  EXPECT_TRUE(is_package(text));
  EXPECT_LT(text.size(), before.object.size());
  auto package = read_package(text);
  ASSERT_TRUE(package) << package.error().message();
  const auto *after = std::get_if<ProgramImage>(&*package);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->object, before.object);
  EXPECT_EQ(metadata_json(*after), metadata_json(before));
}

TEST(Package, scripts_are_none) {
  EXPECT_FALSE(is_package("BEGIN { exit() }"));
  EXPECT_FALSE(is_package(""));
  EXPECT_TRUE(is_package(" \n{"));
}

std::string refusal(const std::string &text) {
  auto package = read_package(text);
  return package ? "accepted" : package.error().cause;
}

TEST(Package, one_that_is_cut_off_anywhere_is_refused) {
  std::string text = write_package(sample());
  ASSERT_EQ(refusal(text), "accepted");
  for (size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_NE(refusal(text.substr(0, size)), "accepted") << size;
}

TEST(Package, no_change_of_a_byte_reaches_further_than_a_refusal) {
  const std::string text = write_package(sample());
  size_t refused = 0;
  for (size_t i = 0; i < text.size(); ++i)
    for (char byte : {'\0', '"', '{', '9', '\xff'}) {
      std::string changed = text;
      changed[i] = byte;
      refused += refusal(changed) != "accepted";
    }
  EXPECT_GT(refused, text.size());
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Package, refusals_say_what_is_wrong) {
  std::string text = write_package(sample());
  EXPECT_THAT(refusal("{"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("{}"), HasSubstr("no object 'meta'"));
  EXPECT_THAT(refusal(R"({"meta": {}})"), HasSubstr("no text 'bpf_object'"));
  EXPECT_THAT(refusal(replaced(text, "\"bpf_object\": \"", "\"bpf_object\": \"?")), HasSubstr("not base64"));
  EXPECT_THAT(refusal(replaced(text, "\"bpf_object\": \"", "\"bpf_object\": \"AAAA")), HasSubstr("not zlib's"));
  EXPECT_THAT(refusal(replaced(text, ": 5000", ": 4999")), HasSubstr("another size"));
  EXPECT_THAT(refusal(replaced(text, ": 5000", ": 5001")), HasSubstr("another size"));
  EXPECT_THAT(refusal(replaced(text, ": 5000", ": 5000000000")), HasSubstr("no number up to"));
  EXPECT_THAT(refusal(replaced(text, fmt::format("\"format\": {}", metadata::kFormatVersion), "\"format\": 99")),
              HasSubstr("format 99"));
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal(R"({"meta": )" + std::string(100'000, '[')), HasSubstr("nested too deeply"));
}

// ---- eunomia's ----

std::string foreign(const std::string &skeleton, const std::string &more = "") {
  std::string object = "an object";
  std::vector<uint8_t> packed(100);
  uLongf size = packed.size();
  compress(packed.data(), &size, bytes_of(object).data(), object.size());
  packed.resize(size);
  return R"({"bpf_object": ")" + to_base64(packed) + R"(", "bpf_object_size": 9, "meta": {"bpf_skel": )" + skeleton +
         more + "}}";
}

TEST(ForeignPackage, is_understood_as_far_as_it_decides_a_run) {
  auto package = read_package(foreign(
      R"({"obj_name": "boot_bpf", "maps": [{"name": "rb", "ident": "rb"}, {"name": "x", "export_config": "no_export"}],
                  "data_sections": [{"name": ".rodata", "variables": [{"name": "least", "type": "int"}]}],
                  "progs": [{"name": "one", "attach": "tp/x/y", "link": true}, {"name": "two", "link": false}]})",
      R"(, "export_types": [{"name": "event", "size": 24, "type_id": 3, "members": []}])"));
  ASSERT_TRUE(package) << package.error().message();
  const auto *it = std::get_if<ForeignPackage>(&*package);
  ASSERT_TRUE(it);
  EXPECT_EQ(it->name, "boot_bpf");
  EXPECT_EQ(std::string(it->object.begin(), it->object.end()), "an object");
  ASSERT_EQ(it->programs.size(), 2u);
  EXPECT_EQ(it->programs[0].name, "one");
  EXPECT_TRUE(it->programs[0].is_attached);
  EXPECT_FALSE(it->programs[1].is_attached);
  ASSERT_EQ(it->exported.size(), 1u);
  EXPECT_EQ(it->exported[0].name, "event");
  EXPECT_EQ(it->exported[0].size, 24u);
}

TEST(ForeignPackage, what_is_not_clear_is_refused) {
  const std::string programs = R"("progs": [{"name": "one"}])";
  EXPECT_THAT(refusal(foreign("{}")), HasSubstr("names no program"));
  EXPECT_THAT(refusal(foreign(R"({"progs": null})")), HasSubstr("names no program"));
  EXPECT_THAT(refusal(foreign(R"({"progs": 7})")), HasSubstr("not lists of objects"));
  EXPECT_THAT(refusal(foreign("[]")), HasSubstr("not lists of objects"));
  EXPECT_THAT(refusal(foreign("{" + programs + R"(, "maps": [{"name": "m", "sample": {"interval": 1}}]})")),
              HasSubstr("'m' is to be sampled"));
  EXPECT_THAT(refusal(foreign("{" + programs + R"(, "maps": [{"name": "m", "export_config": {"btf_type_id": 1}}]})")),
              HasSubstr("'m' is exported in a way of its own"));
  EXPECT_THAT(refusal(foreign("{" + programs + R"(, "data_sections": [{"variables": [{"name": "v", "value": 3}]}]})")),
              HasSubstr("sets its variable 'v'"));
  EXPECT_THAT(refusal(foreign("{" + programs + "}", R"(, "export_types": [{"name": "a"}, {"name": "b"}])")),
              HasSubstr("several types"));
}

}  // namespace
}  // namespace sonde::image
