// Declarations by libbpf, which knows C's syntax; the frame around them is ours, as libbpf would define every type
// that a member names.
#include "kernel/type_definitions.h"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdarg>

namespace sonde::kernel {
namespace {

void append_formatted(void *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  std::string piece(static_cast<size_t>(vsnprintf(nullptr, 0, format, again)), '\0');
  va_end(again);
  vsnprintf(piece.data(), piece.size() + 1, format, arguments);
  *static_cast<std::string *>(text) += piece;
}

class BtfDefinitions : public TypeDefinitions {
public:
  explicit BtfDefinitions(btf *types) : types_(types), dump_(btf_dump__new(types, append_formatted, &text_, nullptr)) {}
  ~BtfDefinitions() override {
    btf_dump__free(dump_);
    btf__free(types_);
  }
  BtfDefinitions(const BtfDefinitions &) = delete;
  BtfDefinitions &operator=(const BtfDefinitions &) = delete;
  bool is_usable() const { return dump_ != nullptr; }

  Result<std::string> text(const std::string &name) override;

private:
  const btf_type *find(const std::string &name) const;
  void append_members(const btf_type &type);
  void append_enumerators(const btf_type &type);
  const char *name_at(uint32_t offset) const { return btf__name_by_offset(types_, offset); }

  std::string text_;
  btf *types_;
  btf_dump *dump_;
};

const btf_type *BtfDefinitions::find(const std::string &name) const {
  constexpr std::pair<std::string_view, uint32_t> kWords[] = {
      {"struct ", BTF_KIND_STRUCT}, {"union ", BTF_KIND_UNION}, {"enum ", BTF_KIND_ENUM}, {"enum ", BTF_KIND_ENUM64}};
  for (const auto &[word, kind] : kWords)
    if (name.starts_with(word))
      if (int id = btf__find_by_name_kind(types_, name.c_str() + word.size(), kind); id > 0)
        return btf__type_by_id(types_, static_cast<uint32_t>(id));
  return nullptr;
}

void BtfDefinitions::append_members(const btf_type &type) {
  const btf_member *members = btf_members(&type);
  for (uint32_t i = 0; i < btf_vlen(&type); ++i) {
    text_ += "\t";
    LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options);
    options.field_name = name_at(members[i].name_off);
    options.indent_level = 1;
    btf_dump__emit_type_decl(dump_, members[i].type, &options);
    if (uint32_t bits = btf_member_bitfield_size(&type, i))
      text_ += fmt::format(": {}", bits);
    text_ += ";\n";
  }
}

void BtfDefinitions::append_enumerators(const btf_type &type) {
  bool is_signed = btf_kflag(&type);
  for (uint32_t i = 0; i < btf_vlen(&type); ++i) {
    if (btf_is_enum64(&type)) {
      const struct btf_enum64 &value = btf_enum64(&type)[i];
      uint64_t number = btf_enum64_value(&value);
      text_ += is_signed ? fmt::format("\t{} = {},\n", name_at(value.name_off), static_cast<int64_t>(number))
                         : fmt::format("\t{} = {},\n", name_at(value.name_off), number);
    } else {
      const struct btf_enum &value = btf_enum(&type)[i];
      text_ += is_signed ? fmt::format("\t{} = {},\n", name_at(value.name_off), value.val)
                         : fmt::format("\t{} = {},\n", name_at(value.name_off), static_cast<uint32_t>(value.val));
    }
  }
}

Result<std::string> BtfDefinitions::text(const std::string &name) {
  const btf_type *type = find(name);
  if (!type)
    return Error{"show", name, "the kernel has no such type", {}, ENOENT};
  text_ = name + " {\n";
  if (btf_is_composite(type))
    append_members(*type);
  else
    append_enumerators(*type);
  return std::move(text_) + "};";
}

}  // namespace

Result<std::unique_ptr<TypeDefinitions>> open_type_definitions(const std::string &path) {
  btf *types = btf__parse(path.c_str(), nullptr);
  if (!types)
    return Error::from_errno("read kernel types from", path, errno);
  auto definitions = std::make_unique<BtfDefinitions>(types);
  if (!definitions->is_usable())
    return Error::from_errno("read kernel types from", path, errno);
  return std::unique_ptr<TypeDefinitions>(std::move(definitions));
}

}  // namespace sonde::kernel
