// JSON → ProgramImage. The first thing that is wrong ends reading, with its path in the JSON.
#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>

#include "image/config.h"
#include "image/metadata.h"
#include "image/metadata_fields.h"

namespace sonde::image::metadata {
namespace {

// Types nest (tuples of arrays of structs); nobody writes them this deep.
constexpr int kMaxDepth = 64;

class Reader {
public:
  template <typename T> using Ref = T &;

  explicit Reader(const rapidjson::Value &value) : value_(&value) {}

  template <typename T> void operator()(const char *name, T &member) {
    if (!fault_.empty())
      return;
    auto found = value_->FindMember(name);
    if (found == value_->MemberEnd())
      return;
    enter(found->value, name, [&] { get(member); });
  }
  template <typename T> void always(const char *name, T &member) { (*this)(name, member); }

  const std::string &fault() const { return fault_; }

private:
  template <typename Get> void enter(const rapidjson::Value &value, const std::string &name, Get get_value) {
    const rapidjson::Value *outer = value_;
    size_t outer_length = path_.size();
    value_ = &value;
    path_ += (path_.empty() || name[0] == '[' ? "" : ".") + name;
    if (++depth_ > 4 * kMaxDepth)
      fail("nested too deeply");
    else
      get_value();
    --depth_;
    path_.resize(outer_length);
    value_ = outer;
  }

  void fail(std::string_view what) {
    if (fault_.empty())
      fault_ = fmt::format("{}: {}", path_, what);
  }

  void get(bool &member) { value_->IsBool() ? void(member = value_->GetBool()) : fail("not true or false"); }
  void get(uint32_t &member) { value_->IsUint() ? void(member = value_->GetUint()) : fail("not a 32-bit number"); }
  void get(uint64_t &member) { value_->IsUint64() ? void(member = value_->GetUint64()) : fail("not a number"); }
  void get(int64_t &member) { value_->IsInt64() ? void(member = value_->GetInt64()) : fail("not a number"); }

  void get(std::optional<uint32_t> &member) {
    uint32_t number = 0;
    get(number);
    member = number;
  }

  void get(std::string &member) {
    if (value_->IsString())
      member.assign(value_->GetString(), value_->GetStringLength());
    else if (value_->IsObject() && value_->HasMember("hex") && (*value_)["hex"].IsString())
      get_hex((*value_)["hex"].GetString(), member);
    else
      fail("not a string");
  }

  void get_hex(std::string_view hex, std::string &member) {
    auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    member.clear();
    for (size_t i = 0; i < hex.size(); i += 2) {
      int high = digit(hex[i]);
      int low = i + 1 < hex.size() ? digit(hex[i + 1]) : -1;
      if (high < 0 || low < 0)
        return fail("not hexadecimal");
      member += static_cast<char>(high * 16 + low);
    }
  }

  void get(Config &config) {
    if (!value_->IsObject())
      return fail("not an object");
    for (const auto &member : value_->GetObject()) {
      std::string name = member.name.GetString();
      const ConfigKey *key = find_config_key(name);
      enter(member.value, name, [&] {
        std::string text;
        get(text);
        // Settings of a later version that this one does not know have no effect here.
        if (!key || !fault_.empty())
          return;
        if (auto done = key->set(config, text); !done)
          fail(done.error().cause);
      });
    }
  }

  template <typename T> void get(std::vector<T> &list) {
    if (!value_->IsArray())
      return fail("not an array");
    list.reserve(value_->Size());
    for (rapidjson::SizeType i = 0; i < value_->Size() && fault_.empty(); ++i)
      enter((*value_)[i], fmt::format("[{}]", i), [&] { get(list.emplace_back()); });
  }

  template <typename T> void get(std::shared_ptr<const T> &part) {
    auto value = std::make_shared<T>();
    get(*value);
    part = std::move(value);
  }

  template <typename T> void get(T &member) {
    if constexpr (std::is_enum_v<T>) {
      get_enumerator(member);
    } else {
      if (!value_->IsObject())
        return fail("not an object");
      describe<Reader>(*this, member);
    }
  }

  template <typename Enum> void get_enumerator(Enum &member) {
    std::string text;
    get(text);
    const auto &names = EnumNames<Enum>::kNames;
    auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end())
      return fail(fmt::format("'{}' is unknown to this version of sonde", text));
    member = static_cast<Enum>(found - names.begin());
  }

  const rapidjson::Value *value_;
  std::string path_;
  std::string fault_;
  int depth_ = 0;
};

Error unreadable(std::string cause) { return {"read the image's metadata", "", std::move(cause), {}, 0}; }

}  // namespace

Result<ProgramImage> read_json(std::string_view json) {
  rapidjson::Document document;
  // Iterative: brackets nested a million deep must not take the stack.
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  if (document.HasParseError())
    return unreadable(fmt::format("not JSON: {} at byte {}", rapidjson::GetParseError_En(document.GetParseError()),
                                  document.GetErrorOffset()));
  if (!document.IsObject())
    return unreadable("not a JSON object");
  auto format = document.FindMember("format");
  if (format == document.MemberEnd() || !format->value.IsUint())
    return unreadable("it does not say which format it has");
  if (format->value.GetUint() != kFormatVersion)
    return unreadable(
        fmt::format("it has format {}, this sonde reads format {}", format->value.GetUint(), kFormatVersion));
  ProgramImage image;
  Reader reader(document);
  describe<Reader>(reader, image);
  if (!reader.fault().empty())
    return unreadable(reader.fault());
  return image;
}

}  // namespace sonde::image::metadata
