// Walks BTF: finds types by name and lays them out as sonde types.
//
// vmlinux BTF is deduplicated, strings too, so a name has one string offset: it is searched in the
// string section once, and types are then compared by that offset.
#include "kernel/btf.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/read_file.h"

namespace sonde::kernel {
namespace {

// Deeper than any C type; a cycle in damaged BTF ends here.
constexpr int kMaxDepth = 32;

// The kernel names the type of each raw tracepoint's function so.
constexpr std::string_view kRawTracepoint = "btf_trace_";
// And what an iterator's programs find in their context so.
constexpr std::string_view kIteratorContext = "bpf_iter__";

// Owns the bytes, mapped or read.
class Bytes {
public:
  explicit Bytes(std::string text) : text_(std::move(text)), data_(text_.data()), size_(text_.size()) {}
  Bytes(const char *mapped, size_t size) : data_(mapped), size_(size), is_mapped_(true) {}
  ~Bytes() {
    if (is_mapped_)
      munmap(const_cast<char *>(data_), size_);
  }
  Bytes(const Bytes &) = delete;
  Bytes &operator=(const Bytes &) = delete;
  std::string_view view() const { return {data_, size_}; }

private:
  std::string text_;
  const char *data_;
  size_t size_;
  bool is_mapped_ = false;
};

uint32_t kind_of(const btf_type &type) { return BTF_INFO_KIND(type.info); }
uint32_t length_of(const btf_type &type) { return BTF_INFO_VLEN(type.info); }

// Bytes that follow a btf_type of that kind, or nothing for a kind we do not know.
std::optional<size_t> tail_size(const btf_type &type) {
  size_t length = length_of(type);
  switch (kind_of(type)) {
  case BTF_KIND_PTR:
  case BTF_KIND_FWD:
  case BTF_KIND_TYPEDEF:
  case BTF_KIND_VOLATILE:
  case BTF_KIND_CONST:
  case BTF_KIND_RESTRICT:
  case BTF_KIND_FUNC:
  case BTF_KIND_FLOAT:
  case BTF_KIND_TYPE_TAG: return 0;
  case BTF_KIND_INT: return sizeof(uint32_t);
  case BTF_KIND_ARRAY: return sizeof(btf_array);
  case BTF_KIND_STRUCT:
  case BTF_KIND_UNION: return length * sizeof(btf_member);
  case BTF_KIND_ENUM: return length * sizeof(btf_enum);
  case BTF_KIND_ENUM64: return length * sizeof(btf_enum64);
  case BTF_KIND_FUNC_PROTO: return length * sizeof(btf_param);
  case BTF_KIND_VAR: return sizeof(btf_var);
  case BTF_KIND_DATASEC: return length * sizeof(btf_var_secinfo);
  case BTF_KIND_DECL_TAG: return sizeof(btf_decl_tag);
  default: return std::nullopt;
  }
}

// How many types are looked at when the next one is wanted: who goes through all of them asks seldom.
constexpr size_t kAhead = 256;

class MappedBtf final : public Btf {
public:
  MappedBtf(std::unique_ptr<Bytes> bytes, const MappedBtf *base)
      : bytes_(std::move(bytes)), base_(base), last_of_base_(base ? base->last_id() : 0) {}

  // False: not BTF. What is asked for first is mostly among the first types: the others are not looked at until then.
  bool check_header();
  // Notes where types start until `count` of them are known, or all. False: one is damaged.
  bool find_starts(size_t count) const;

  std::optional<Type> find_type(std::string_view name) const override;
  uint32_t find_type_id(std::string_view name) const override;
  std::optional<Type> find_enum_with(std::string_view enumerator) const override;
  std::optional<std::string_view> find_function(std::string_view name) const override {
    auto offset = find_string(name);
    return offset && find_id(*offset, BTF_KIND_FUNC) != 0 ? std::optional(text_at(*offset)) : std::nullopt;
  }
  uint32_t find_function_id(std::string_view name) const override;
  bool is_global_function(std::string_view name) const override {
    auto offset = find_string(name);
    const btf_type *function = offset ? at(find_id(*offset, BTF_KIND_FUNC)) : nullptr;
    return function && length_of(*function) == BTF_FUNC_GLOBAL;
  }
  std::vector<std::string_view> function_names() const override { return names_of_kind(BTF_KIND_FUNC, ""); }
  std::vector<std::string_view> raw_tracepoint_names() const override {
    return names_of_kind(BTF_KIND_TYPEDEF, kRawTracepoint);
  }
  std::vector<std::string_view> iterator_names() const override {
    return names_of_kind(BTF_KIND_STRUCT, kIteratorContext);
  }
  std::vector<std::string> type_names() const override;
  std::optional<Prototype> function_prototype(std::string_view name) const override;
  std::optional<Prototype> raw_tracepoint_prototype(std::string_view event) const override;

private:
  // Types and strings of the base come first, in ids and in offsets.
  uint32_t last_id() const {
    find_starts(SIZE_MAX);
    return last_of_base_ + static_cast<uint32_t>(starts_.size());
  }
  uint32_t base_strings() const { return base_ ? base_->end_of_strings() : 0; }
  uint32_t end_of_strings() const { return base_strings() + static_cast<uint32_t>(strings_.size()); }
  const btf_type *at(uint32_t id) const {
    if (id <= last_of_base_)
      return base_ ? base_->at(id) : nullptr;
    size_t index = id - last_of_base_ - 1;
    if (index >= starts_.size())
      find_starts(index + kAhead);
    return index < starts_.size() ? reinterpret_cast<const btf_type *>(types_.data() + starts_[index]) : nullptr;
  }
  std::string_view text_at(uint32_t offset) const;
  template <typename T> std::span<const T> tail(const btf_type &type, size_t count) const {
    return {reinterpret_cast<const T *>(&type + 1), count};
  }
  const btf_type *resolve(uint32_t id) const;
  std::vector<std::string_view> names_of_kind(uint32_t kind, std::string_view prefix) const;
  const btf_type *find_function_type(std::string_view name) const;
  Prototype build_prototype(const btf_type &type, size_t skipped) const;
  std::string name_at(uint32_t offset) const { return std::string(text_at(offset)); }
  std::optional<uint32_t> find_string(std::string_view name) const;
  uint32_t find_id(uint32_t name_offset, uint32_t kind) const { return find_id(name_offset, {&kind, 1}); }
  uint32_t find_id(uint32_t name_offset, std::span<const uint32_t> kinds) const;

  Type build(uint32_t id, int depth) const;
  Type build_integer(const btf_type &type) const;
  Type build_pointer(const btf_type &type, int depth) const;
  Type build_array(const btf_type &type, int depth) const;
  bool has_enumerator(const btf_type &type, uint32_t name_offset) const;
  Type build_enum(const btf_type &type) const;
  Type build_struct(const btf_type &type, int depth) const;
  Type named_struct(const btf_type &type) const;
  Type build_member_type(uint32_t id, int depth) const;
  Field build_field(const btf_type &parent, const btf_member &member, int depth) const;

  std::unique_ptr<Bytes> bytes_;
  const MappedBtf *base_;  // of a module: vmlinux
  std::string_view types_, strings_;
  uint32_t last_of_base_;
  mutable std::vector<uint32_t> starts_;  // by type id - 1: offset in types_, as far as they were looked at
  mutable size_t looked_at_ = 0;          // bytes of types_
};

bool MappedBtf::check_header() {
  std::string_view all = bytes_->view();
  btf_header header{};
  if (all.size() < sizeof header)
    return false;
  std::memcpy(&header, all.data(), sizeof header);
  uint64_t types = uint64_t{header.hdr_len} + header.type_off, strings = uint64_t{header.hdr_len} + header.str_off;
  if (header.magic != BTF_MAGIC || types % 4 != 0 || types + header.type_len > all.size() ||
      strings + header.str_len > all.size())
    return false;
  types_ = all.substr(types, header.type_len);
  strings_ = all.substr(strings, header.str_len);
  // A module's may be empty, and the first string of all is that of vmlinux.
  if ((strings_.empty() || strings_.front() != '\0') && !base_)
    return false;
  starts_.reserve(types_.size() / 24);  // takes no memory until it is used
  return strings_.empty() || strings_.back() == '\0';
}

bool MappedBtf::find_starts(size_t count) const {
  while (starts_.size() < count && looked_at_ < types_.size()) {
    size_t start = std::exchange(looked_at_, types_.size()), room = types_.size() - start;
    if (room < sizeof(btf_type))
      return false;
    auto size = tail_size(*reinterpret_cast<const btf_type *>(types_.data() + start));
    // Kinds of later kernels have sizes that nobody here knows; what came before stays usable.
    if (!size)
      return true;
    if (*size > room - sizeof(btf_type))
      return false;
    starts_.push_back(static_cast<uint32_t>(start));
    looked_at_ = start + sizeof(btf_type) + *size;
  }
  return true;
}

std::string_view MappedBtf::text_at(uint32_t offset) const {
  if (offset < base_strings())
    return base_->text_at(offset);
  offset -= base_strings();
  return offset < strings_.size() ? std::string_view(strings_.data() + offset) : std::string_view();
}

std::optional<uint32_t> MappedBtf::find_string(std::string_view name) const {
  if (name.empty() || name.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::string needle = '\0' + std::string(name) + '\0';
  if (strings_.starts_with(std::string_view(needle).substr(1)))
    return base_strings();
  const void *found = memmem(strings_.data(), strings_.size(), needle.data(), needle.size());
  if (!found)
    return base_ ? base_->find_string(name) : std::nullopt;
  return static_cast<uint32_t>(static_cast<const char *>(found) - strings_.data() + 1) + base_strings();
}

// The first type of the first kind that there is.
uint32_t MappedBtf::find_id(uint32_t name_offset, std::span<const uint32_t> kinds) const {
  uint32_t found = 0;
  for (uint32_t id = last_of_base_ + 1; !kinds.empty(); ++id) {
    const btf_type *type = at(id);
    if (!type)
      break;
    if (type->name_off != name_offset)
      continue;
    auto kind = std::find(kinds.begin(), kinds.end(), kind_of(*type));
    if (kind == kinds.end())
      continue;
    found = id;
    kinds = kinds.first(static_cast<size_t>(kind - kinds.begin()));
  }
  return found;
}

// By the names of functions, which are few beside all strings.
uint32_t MappedBtf::find_function_id(std::string_view name) const {
  for (uint32_t id = last_of_base_ + 1; const btf_type *type = at(id); ++id)
    if (kind_of(*type) == BTF_KIND_FUNC && text_at(type->name_off) == name)
      return id;
  return 0;
}

// The type behind typedefs and qualifiers; null for void and for damaged references.
const btf_type *MappedBtf::resolve(uint32_t id) const {
  const btf_type *type = at(id);
  for (int depth = 0; type && depth < kMaxDepth; ++depth) {
    switch (kind_of(*type)) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG: type = at(type->type); break;
    default: return type;
    }
  }
  return nullptr;
}

std::optional<Type> MappedBtf::find_type(std::string_view name) const {
  uint32_t id = find_type_id(name);
  return id ? std::optional(build(id, 0)) : std::nullopt;
}

uint32_t MappedBtf::find_type_id(std::string_view name) const {
  struct Prefix {
    std::string_view text;
    std::vector<uint32_t> kinds;
  };
  const std::array<Prefix, 5> prefixes = {{
      {"struct ", {BTF_KIND_STRUCT}},
      {"union ", {BTF_KIND_UNION}},
      {"enum ", {BTF_KIND_ENUM, BTF_KIND_ENUM64}},
      {"typedef ", {BTF_KIND_TYPEDEF}},
      {"", {BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_ENUM, BTF_KIND_ENUM64, BTF_KIND_TYPEDEF, BTF_KIND_INT}},
  }};
  const Prefix &prefix =
      *std::find_if(prefixes.begin(), prefixes.end(), [&](const Prefix &p) { return name.starts_with(p.text); });
  auto offset = find_string(name.substr(prefix.text.size()));
  return offset ? find_id(*offset, prefix.kinds) : 0;
}

bool MappedBtf::has_enumerator(const btf_type &type, uint32_t name_offset) const {
  auto is_wanted = [&](const auto &value) { return value.name_off == name_offset; };
  auto has = [&](const auto &values) { return std::any_of(values.begin(), values.end(), is_wanted); };
  if (kind_of(type) == BTF_KIND_ENUM)
    return has(tail<btf_enum>(type, length_of(type)));
  return kind_of(type) == BTF_KIND_ENUM64 && has(tail<btf_enum64>(type, length_of(type)));
}

std::optional<Type> MappedBtf::find_enum_with(std::string_view enumerator) const {
  auto offset = find_string(enumerator);
  if (!offset)
    return std::nullopt;
  uint32_t id = last_of_base_ + 1;
  for (const btf_type *type = at(id); type; type = at(++id))
    if (has_enumerator(*type, *offset))
      return build_enum(*type);
  return std::nullopt;
}

Type MappedBtf::build(uint32_t id, int depth) const {
  const btf_type *type = resolve(id);
  if (!type || depth > kMaxDepth)
    return Type::none();
  switch (kind_of(*type)) {
  case BTF_KIND_INT: return build_integer(*type);
  case BTF_KIND_PTR: return build_pointer(*type, depth);
  case BTF_KIND_ARRAY: return build_array(*type, depth);
  case BTF_KIND_STRUCT:
  case BTF_KIND_UNION: return build_struct(*type, depth);
  case BTF_KIND_ENUM:
  case BTF_KIND_ENUM64: return build_enum(*type);
  case BTF_KIND_FWD: return Type::structure(name_at(type->name_off));
  case BTF_KIND_FLOAT: return Type::array(Type::integer(8, false), type->size);
  default: return Type::none();
  }
}

Type MappedBtf::build_integer(const btf_type &type) const {
  uint32_t encoding = BTF_INT_ENCODING(tail<uint32_t>(type, 1)[0]);
  if (encoding & BTF_INT_BOOL)
    return Type::boolean();
  // Compilers differ in what they say of plain char; C programs on this machine see a signed one.
  bool is_signed = (encoding & BTF_INT_SIGNED) || name_at(type.name_off) == "char";
  if (type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8)
    return Type::integer(type.size * 8, is_signed);
  return Type::array(Type::integer(8, false), type.size);  // __int128
}

Type MappedBtf::build_pointer(const btf_type &type, int depth) const {
  return Type::pointer(build_member_type(type.type, depth + 1), AddressSpace::Kernel);
}

Type MappedBtf::build_array(const btf_type &type, int depth) const {
  const btf_array &array = tail<btf_array>(type, 1)[0];
  return Type::array(build_member_type(array.type, depth + 1), array.nelems);
}

Type MappedBtf::build_enum(const btf_type &type) const {
  // Kernels before 6.0 did not record the sign; read as unsigned there, -1 shows as 4294967295.
  bool is_signed = BTF_INFO_KFLAG(type.info);
  std::vector<Enumerator> enumerators;
  if (kind_of(type) == BTF_KIND_ENUM64) {
    for (const btf_enum64 &value : tail<btf_enum64>(type, length_of(type)))
      enumerators.push_back(
          {name_at(value.name_off), static_cast<int64_t>(uint64_t{value.val_hi32} << 32 | value.val_lo32)});
  } else {
    for (const btf_enum &value : tail<btf_enum>(type, length_of(type)))
      enumerators.push_back(
          {name_at(value.name_off), is_signed ? int64_t{value.val} : int64_t{static_cast<uint32_t>(value.val)}});
  }
  uint32_t bits = type.size == 1 || type.size == 2 || type.size == 8 ? type.size * 8 : 32;
  return Type::enumeration(name_at(type.name_off), bits, is_signed, std::move(enumerators));
}

// A struct by name alone, as members and pointers carry it: recursive types would never end.
Type MappedBtf::named_struct(const btf_type &type) const {
  Type named = Type::structure(name_at(type.name_off));
  named.size = type.size;
  return named;
}

Type MappedBtf::build_member_type(uint32_t id, int depth) const {
  const btf_type *type = resolve(id);
  if (type && type->name_off != 0 && (kind_of(*type) == BTF_KIND_STRUCT || kind_of(*type) == BTF_KIND_UNION))
    return named_struct(*type);
  return build(id, depth);
}

Type MappedBtf::build_struct(const btf_type &type, int depth) const {
  auto layout = std::make_shared<StructLayout>();
  layout->name = name_at(type.name_off);
  layout->size = type.size;
  layout->is_union = kind_of(type) == BTF_KIND_UNION;
  for (const btf_member &member : tail<btf_member>(type, length_of(type)))
    layout->fields.push_back(build_field(type, member, depth + 1));
  return Type::structure(layout->name, layout);
}

Field MappedBtf::build_field(const btf_type &parent, const btf_member &member, int depth) const {
  bool has_widths = BTF_INFO_KFLAG(parent.info);
  uint32_t bits = has_widths ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
  Field field;
  field.name = name_at(member.name_off);
  field.type = build_member_type(member.type, depth);
  field.bit_width = has_widths ? BTF_MEMBER_BITFIELD_SIZE(member.offset) : 0;
  field.offset = bits / 8;
  if (field.bit_width == 0)
    return field;
  // The storage unit is one of the declared type, aligned; a packed bitfield that straddles two such
  // units needs a wider one.
  uint32_t unit = std::max(field.type.size, 1u);
  field.offset = bits / 8 / unit * unit;
  while (bits + field.bit_width - field.offset * 8 > unit * 8 && unit < 8) {
    unit *= 2;
    field.offset = bits / 8 / unit * unit;
    field.type = Type::integer(unit * 8, field.type.is_signed);
  }
  field.bit_offset = bits - field.offset * 8;
  return field;
}

// What follows `prefix` in the names of all types of that kind that begin with it.
std::vector<std::string_view> MappedBtf::names_of_kind(uint32_t kind, std::string_view prefix) const {
  std::vector<std::string_view> names;
  uint32_t id = last_of_base_ + 1;
  for (const btf_type *type = at(id); type; type = at(++id)) {
    if (kind_of(*type) != kind)
      continue;
    std::string_view name = text_at(type->name_off);
    if (!name.empty() && name.starts_with(prefix))
      names.push_back(name.substr(prefix.size()));
  }
  return names;
}

std::vector<std::string> MappedBtf::type_names() const {
  constexpr std::pair<uint32_t, std::string_view> kWords[] = {
      {BTF_KIND_STRUCT, "struct "}, {BTF_KIND_UNION, "union "}, {BTF_KIND_ENUM, "enum "}, {BTF_KIND_ENUM64, "enum "}};
  std::vector<std::string> names;
  for (const auto &[kind, word] : kWords)
    for (std::string_view name : names_of_kind(kind, ""))
      names.push_back(std::string(word) += name);
  return names;
}

const btf_type *MappedBtf::find_function_type(std::string_view name) const {
  auto offset = find_string(name);
  const btf_type *function = offset ? at(find_id(*offset, BTF_KIND_FUNC)) : nullptr;
  const btf_type *type = function ? at(function->type) : nullptr;
  return type && kind_of(*type) == BTF_KIND_FUNC_PROTO ? type : nullptr;
}

std::optional<Prototype> MappedBtf::function_prototype(std::string_view name) const {
  const btf_type *type = find_function_type(name);
  return type ? std::optional(build_prototype(*type, 0)) : std::nullopt;
}

// The pointer type has no names of parameters. Functions that the kernel makes for each event do: a stub (6.4 on) or
// the one that calls all tracers.
std::optional<Prototype> MappedBtf::raw_tracepoint_prototype(std::string_view event) const {
  auto offset = find_string(std::string(kRawTracepoint) + std::string(event));
  if (!offset || find_id(*offset, BTF_KIND_TYPEDEF) == 0)
    return std::nullopt;
  for (std::string_view prefix : {"__probestub_", "__traceiter_"})
    if (const btf_type *type = find_function_type(std::string(prefix) + std::string(event)))
      return build_prototype(*type, 1);
  return Prototype{};
}

Prototype MappedBtf::build_prototype(const btf_type &type, size_t skipped) const {
  Prototype prototype;
  std::span<const btf_param> parameters = tail<btf_param>(type, length_of(type));
  for (const btf_param &parameter : parameters.subspan(std::min(skipped, parameters.size()))) {
    Field field;
    field.name = name_at(parameter.name_off);
    field.type = build_member_type(parameter.type, 0);
    field.offset = prototype.parameters.size;
    prototype.parameters.size += std::max((field.type.size + 7) / 8 * 8, 8u);
    if (!field.name.empty() && field.type.size > 0)
      prototype.parameters.fields.push_back(std::move(field));
  }
  prototype.result = build_member_type(type.type, 0);
  return prototype;
}

}  // namespace

Result<std::unique_ptr<Btf>> open_btf(const std::string &path, const Btf *base) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  bool is_of_kernel = path.starts_with("/sys/");
  if (fd < 0 && errno == ENOENT && is_of_kernel)
    return Error::from_errno("read kernel types from", path, ENOENT,
                             "this kernel was built without CONFIG_DEBUG_INFO_BTF; BPFTRACE_BTF=FILE describes it");
  if (fd < 0)
    return Error::from_errno("read kernel types from", path, errno, is_of_kernel ? "run as root" : "");
  struct stat status {};
  fstat(fd, &status);
  size_t size = static_cast<size_t>(status.st_size);
  void *mapped = size ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0) : MAP_FAILED;
  close(fd);
  std::unique_ptr<Bytes> bytes;
  if (mapped != MAP_FAILED) {
    bytes = std::make_unique<Bytes>(static_cast<const char *>(mapped), size);
  } else {
    auto text = read_file(path);
    if (!text)
      return text.error();
    bytes = std::make_unique<Bytes>(text.take());
  }
  auto btf = std::make_unique<MappedBtf>(std::move(bytes), static_cast<const MappedBtf *>(base));
  if (!btf->check_header())
    return Error{"read kernel types from", path, "it is not BTF that this version of sonde understands", {}};
  return std::unique_ptr<Btf>(std::move(btf));
}

std::unique_ptr<Btf> parse_btf(std::string bytes, const Btf *base) {
  auto btf =
      std::make_unique<MappedBtf>(std::make_unique<Bytes>(std::move(bytes)), static_cast<const MappedBtf *>(base));
  return btf->check_header() && btf->find_starts(SIZE_MAX) ? std::move(btf) : nullptr;
}

}  // namespace sonde::kernel
