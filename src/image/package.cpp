// The outer members are common; `meta` is sonde's metadata, or has eunomia's "bpf_skel".
#include "image/package.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <zlib.h>

#include <optional>

#include "base/text.h"
#include "image/base64.h"
#include "image/image_file.h"
#include "image/metadata.h"

namespace sonde::image {
namespace {

using rapidjson::Value;

// No object is larger; a few bytes of zlib can claim to be anything.
constexpr uint64_t kLargestObject = 64 << 20;

Error unreadable(std::string cause) { return {"read the package", "", std::move(cause), {}, 0}; }
Error unclear(std::string cause) {
  return {"run the package", "", std::move(cause),
          "eunomia's own ecli runs what is more than programs and their events", 0};
}

std::vector<uint8_t> deflated(std::span<const uint8_t> bytes) {
  uLongf size = compressBound(bytes.size());
  std::vector<uint8_t> packed(size);
  compress2(packed.data(), &size, bytes.data(), bytes.size(), Z_BEST_COMPRESSION);
  packed.resize(size);
  return packed;
}

const Value *member(const Value &object, const char *name) {
  if (!object.IsObject())
    return nullptr;
  auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

std::string text_of(const Value *value) {
  return value && value->IsString() ? std::string(value->GetString(), value->GetStringLength()) : std::string();
}

// Everything behind this one walks the document by recursion: what is nested deeper than any metadata ends here.
class DepthCheck : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DepthCheck> {
public:
  bool StartObject() { return ++depth_ < kMostDepth; }
  bool StartArray() { return ++depth_ < kMostDepth; }
  bool EndObject(rapidjson::SizeType) { return depth_-- > 0; }
  bool EndArray(rapidjson::SizeType) { return depth_-- > 0; }

private:
  static constexpr int kMostDepth = 300;
  int depth_ = 0;
};

std::string why_no_json(std::string_view text) {
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::Reader reader;
  DepthCheck check;
  rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(bytes, check);
  if (result.Code() == rapidjson::kParseErrorTermination)
    return "it is nested too deeply";
  return result ? ""
                : fmt::format("not JSON: {} at byte {}", rapidjson::GetParseError_En(result.Code()), result.Offset());
}

Result<std::vector<uint8_t>> read_object(const Value &package) {
  const Value *text = member(package, "bpf_object"), *size = member(package, "bpf_object_size");
  if (!text || !text->IsString())
    return unreadable("it has no text 'bpf_object'");
  if (!size || !size->IsUint64() || size->GetUint64() > kLargestObject)
    return unreadable(fmt::format("its 'bpf_object_size' is no number up to {}", kLargestObject));
  auto packed = from_base64({text->GetString(), text->GetStringLength()});
  if (!packed)
    return unreadable("its 'bpf_object' is not base64");
  std::vector<uint8_t> object(size->GetUint64());
  uLongf length = object.size();
  int status = uncompress(object.data(), &length, packed->data(), packed->size());
  if (status == Z_BUF_ERROR || (status == Z_OK && length != object.size()))
    return unreadable(fmt::format("its 'bpf_object' has another size than 'bpf_object_size', {}", object.size()));
  if (status != Z_OK)
    return unreadable("its 'bpf_object' is not zlib's");
  return object;
}

// ---- sonde's own ----

Result<ProgramImage> read_own(const Value &meta, std::vector<uint8_t> object) {
  rapidjson::StringBuffer json;
  rapidjson::Writer<rapidjson::StringBuffer> writer(json);
  meta.Accept(writer);
  auto image = metadata::read_json({json.GetString(), json.GetSize()});
  if (!image)
    return image.error();
  image->object = std::move(object);
  if (std::string fault = metadata::find_fault(*image); !fault.empty())
    return unreadable("its parts do not fit together: " + fault);
  return image;
}

// ---- eunomia's ----

// Calls `each` for the elements of a list that may be missing; false where it is something else.
template <typename Each> bool for_each(const Value *list, Each each) {
  if (!list)
    return true;
  if (!list->IsArray())
    return false;
  for (const Value &element : list->GetArray()) {
    if (!element.IsObject())
      return false;
    each(element);
  }
  return true;
}

// What has a meaning that we cannot give it: leaving it out would run another program than the package's.
std::string find_unclear(const Value &skeleton) {
  std::string found;
  auto note = [&](std::string what) { found = found.empty() ? std::move(what) : found; };
  for_each(member(skeleton, "maps"), [&](const Value &map) {
    if (member(map, "sample"))
      note(fmt::format("its map '{}' is to be sampled", text_of(member(map, "name"))));
    if (const Value *config = member(map, "export_config"); config && text_of(config) != "no_export")
      note(fmt::format("its map '{}' is exported in a way of its own", text_of(member(map, "name"))));
  });
  for_each(member(skeleton, "data_sections"), [&](const Value &section) {
    for_each(member(section, "variables"), [&](const Value &variable) {
      if (member(variable, "value"))
        note(fmt::format("it sets its variable '{}'", text_of(member(variable, "name"))));
    });
  });
  return found;
}

Result<ForeignPackage> read_foreign(const Value &meta, const Value &skeleton, std::vector<uint8_t> object) {
  ForeignPackage package;
  package.object = std::move(object);
  package.name = text_of(member(skeleton, "obj_name"));
  bool is_understood = for_each(member(skeleton, "progs"), [&](const Value &program) {
    const Value *link = member(program, "link");
    package.programs.push_back({text_of(member(program, "name")), !link || !link->IsBool() || link->GetBool()});
  });
  is_understood &= for_each(member(meta, "export_types"), [&](const Value &type) {
    const Value *size = member(type, "size");
    package.exported.push_back({text_of(member(type, "name")), size && size->IsUint() ? size->GetUint() : 0});
  });
  is_understood &= for_each(member(skeleton, "maps"), [](const Value &) {});
  is_understood &= for_each(member(skeleton, "data_sections"), [](const Value &) {});
  if (!is_understood || !skeleton.IsObject())
    return unreadable("the lists of its 'meta' are not lists of objects");
  if (package.programs.empty())
    return unclear("its 'meta' names no program");
  if (package.exported.size() > 1)
    return unclear("it exports several types, and does not say which map has which");
  if (std::string what = find_unclear(skeleton); !what.empty())
    return unclear(std::move(what));
  return package;
}

}  // namespace

std::string write_package(const ProgramImage &image) {
  std::string meta = metadata_json(image);
  return fmt::format("{{\n\"bpf_object\": \"{}\",\n\"bpf_object_size\": {},\n\"meta\": {}\n}}\n",
                     to_base64(deflated(image.object)), image.object.size(), meta);
}

bool is_package(std::string_view text) { return trim(text.substr(0, 4096)).starts_with('{'); }

Result<std::variant<ProgramImage, ForeignPackage>> read_package(std::string_view text) {
  using Package = std::variant<ProgramImage, ForeignPackage>;
  if (std::string problem = why_no_json(text); !problem.empty())
    return unreadable(std::move(problem));
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  const Value *meta = member(document, "meta");
  if (!meta || !meta->IsObject())
    return unreadable("it has no object 'meta'");
  auto object = read_object(document);
  if (!object)
    return object.error();
  if (const Value *skeleton = member(*meta, "bpf_skel")) {
    auto foreign = read_foreign(*meta, *skeleton, object.take());
    return foreign ? Result<Package>(foreign.take()) : foreign.error();
  }
  auto image = read_own(*meta, object.take());
  return image ? Result<Package>(image.take()) : image.error();
}

}  // namespace sonde::image
