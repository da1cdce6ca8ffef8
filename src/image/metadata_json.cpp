// ProgramImage → JSON.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "base/text.h"
#include "image/config.h"
#include "image/image_file.h"
#include "image/metadata_fields.h"

namespace sonde::image {
namespace metadata {
namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    size_t length = utf8_length(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

class Writer {
public:
  template <typename T> using Ref = const T &;

  template <typename T> void operator()(const char *name, const T &member) {
    if (!is_default(member))
      always(name, member);
  }
  template <typename T> void always(const char *name, const T &member) {
    json_.Key(name);
    put(member);
  }

  template <typename T> void object(const T &value) {
    json_.StartObject();
    describe<Writer>(*this, value);
    json_.EndObject();
  }

  void begin_file() {
    json_.StartObject();
    json_.Key("format");
    json_.Uint(kFormatVersion);
  }
  std::string end_file() {
    json_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }
  Writer() : json_(buffer_) { json_.SetIndent(' ', 1); }

private:
  static bool is_default(const LinearBuckets &buckets) { return buckets == LinearBuckets(); }
  static bool is_default(const TimeSeries &series) { return series == TimeSeries(); }
  static bool is_default(const Config &) { return false; }
  static bool is_default(const Type &type) { return type.is_none(); }
  template <typename T> static bool is_default(const std::shared_ptr<T> &part) { return !part; }
  template <typename T> static bool is_default(const T &member) { return member == T(); }
  template <typename T> static bool is_default(const std::vector<T> &list) { return list.empty(); }

  void put(bool value) { json_.Bool(value); }
  void put(uint32_t value) { json_.Uint(value); }
  void put(uint64_t value) { json_.Uint64(value); }
  void put(int64_t value) { json_.Int64(value); }
  void put(const std::optional<uint32_t> &value) { json_.Uint(*value); }

  // Scripts may hold any bytes; JSON strings may not.
  void put(const std::string &text) {
    if (is_utf8(text)) {
      json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
      return;
    }
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (unsigned char byte : text)
      hex += {kDigits[byte >> 4], kDigits[byte & 15]};
    json_.StartObject();
    json_.Key("hex");
    json_.String(hex.data(), static_cast<rapidjson::SizeType>(hex.size()));
    json_.EndObject();
  }

  void put(const Config &config) {
    json_.StartObject();
    for (const ConfigKey &key : config_keys()) {
      json_.Key(key.name.data(), static_cast<rapidjson::SizeType>(key.name.size()));
      put(key.get(config));
    }
    json_.EndObject();
  }

  template <typename T> void put(const std::vector<T> &list) {
    json_.StartArray();
    for (const T &element : list)
      put(element);
    json_.EndArray();
  }

  // Values are printed without following pointers: what lies behind one is left out, which keeps
  // whole kernel structs out of images.
  void put(const Type &type) {
    if (!type.is_pointer() || !type.element || !type.element->layout) {
      object(type);
      return;
    }
    Type pointee = *type.element;
    pointee.layout = nullptr;
    Type shallow = type;
    shallow.element = std::make_shared<const Type>(std::move(pointee));
    object(shallow);
  }

  template <typename T> void put(const std::shared_ptr<T> &part) { put(*part); }

  template <typename T> void put(const T &value) {
    if constexpr (std::is_enum_v<T>) {
      std::string_view name = EnumNames<T>::kNames.at(static_cast<size_t>(value));
      json_.String(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    } else {
      object(value);
    }
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_;
};

}  // namespace
}  // namespace metadata

std::string metadata_json(const ProgramImage &image) {
  metadata::Writer writer;
  writer.begin_file();
  metadata::describe<metadata::Writer>(writer, image);
  return writer.end_file();
}

}  // namespace sonde::image
