// Builds types and computes how their bytes lie. How types read as text is type_text.cpp's.
#include "types/type.h"

#include <algorithm>
#include <cassert>

#include "types/histogram.h"
#include "types/time_series.h"

namespace sonde {
namespace {

Type of_kind(TypeKind kind, uint32_t size, bool is_signed = false) {
  Type type;
  type.kind = kind;
  type.size = size;
  type.is_signed = is_signed;
  return type;
}

uint32_t round_up(uint32_t value, uint32_t alignment) { return (value + alignment - 1) / alignment * alignment; }

uint32_t layout_alignment(const StructLayout &layout) {
  uint32_t alignment = 1;
  for (const Field &field : layout.fields)
    alignment = std::max(alignment, field.type.alignment());
  // Packed structs claim less than their members would: their size gives them away.
  while (alignment > 1 && layout.size % alignment != 0)
    alignment /= 2;
  return alignment;
}

bool same_fields(const StructLayout &a, const StructLayout &b) {
  auto same = [](const Field &x, const Field &y) {
    return x.name == y.name && x.offset == y.offset && x.bit_offset == y.bit_offset && x.bit_width == y.bit_width &&
           x.is_data_loc == y.is_data_loc && x.type == y.type;
  };
  return a.size == b.size && a.is_union == b.is_union &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same);
}

bool same_enumerators(const Type &a, const Type &b) {
  auto same = [](const Enumerator &x, const Enumerator &y) { return x.name == y.name && x.value == y.value; };
  return a.enumerators == b.enumerators ||
         (a.enumerators && b.enumerators &&
          std::equal(a.enumerators->begin(), a.enumerators->end(), b.enumerators->begin(), b.enumerators->end(), same));
}

bool same_layout(const std::shared_ptr<const StructLayout> &a, const std::shared_ptr<const StructLayout> &b) {
  return a == b || (a && b && same_fields(*a, *b));
}

}  // namespace

Type Type::boolean() { return of_kind(TypeKind::Bool, 1); }

Type Type::integer(uint32_t bits, bool is_signed) {
  assert(bits == 8 || bits == 16 || bits == 32 || bits == 64);
  return of_kind(TypeKind::Integer, bits / 8, is_signed);
}

Type Type::string(uint32_t size) { return of_kind(TypeKind::String, size); }
Type Type::buffer(uint32_t size) { return of_kind(TypeKind::Buffer, size); }

Type Type::pointer(Type pointee, AddressSpace space) {
  Type type = of_kind(TypeKind::Pointer, 8);
  type.space = space;
  type.element = std::make_shared<const Type>(std::move(pointee));
  return type;
}

Type Type::array(Type element, uint32_t count) {
  Type type = of_kind(TypeKind::Array, element.size * count);
  type.count = count;
  type.element = std::make_shared<const Type>(std::move(element));
  return type;
}

Type Type::structure(std::string name, std::shared_ptr<const StructLayout> layout) {
  Type type = of_kind(TypeKind::Struct, layout ? layout->size : 0);
  type.name = std::move(name);
  type.layout = std::move(layout);
  return type;
}

Type Type::tuple(std::vector<Type> elements) {
  auto layout = std::make_shared<StructLayout>();
  uint32_t alignment = 1;
  for (Type &element : elements) {
    uint32_t own = element.alignment();
    alignment = std::max(alignment, own);
    Field field;
    field.name = std::to_string(layout->fields.size());
    field.offset = round_up(layout->size, own);
    layout->size = field.offset + element.size;
    field.type = std::move(element);
    layout->fields.push_back(std::move(field));
  }
  layout->size = round_up(layout->size, alignment);
  Type type = of_kind(TypeKind::Tuple, layout->size);
  type.layout = std::move(layout);
  return type;
}

Type Type::enumeration(std::string name, uint32_t bits, bool is_signed, std::vector<Enumerator> enumerators) {
  Type type = of_kind(TypeKind::Enum, bits / 8, is_signed);
  type.name = std::move(name);
  type.enumerators = std::make_shared<const std::vector<Enumerator>>(std::move(enumerators));
  return type;
}

Type Type::count_aggregate() { return of_kind(TypeKind::Count, 8); }
Type Type::sum(bool is_signed) { return of_kind(TypeKind::Sum, 8, is_signed); }

Type Type::extremum(TypeKind min_or_max, bool is_signed) {
  assert(min_or_max == TypeKind::Min || min_or_max == TypeKind::Max);
  return of_kind(min_or_max, 16, is_signed);
}

Type Type::average(TypeKind avg_or_stats, bool is_signed) {
  assert(avg_or_stats == TypeKind::Avg || avg_or_stats == TypeKind::Stats);
  return of_kind(avg_or_stats, 16, is_signed);
}

Type Type::hist(uint32_t bits) {
  assert(bits <= kMaxHistBits);
  Type type = of_kind(TypeKind::Hist, 8 * hist_bucket_count(bits), true);
  type.count = bits;
  return type;
}

Type Type::lhist(LinearBuckets buckets) {
  Type type = of_kind(TypeKind::Lhist, 8 * buckets.count(), true);
  type.linear = buckets;
  return type;
}

Type Type::time_series(TimeSeries series, bool is_signed) {
  Type type = of_kind(TypeKind::Series, kSeriesSlotSize * series.count, is_signed);
  type.series = series;
  return type;
}

Type Type::timestamp(std::string format) {
  Type type = of_kind(TypeKind::Timestamp, 8);
  type.name = std::move(format);
  return type;
}

Type Type::kernel_symbol() { return of_kind(TypeKind::KernelSymbol, 8); }
Type Type::user_symbol() { return of_kind(TypeKind::UserSymbol, 16); }
Type Type::probe_name() { return of_kind(TypeKind::ProbeName, 8); }

Type Type::inet() { return of_kind(TypeKind::Inet, 20); }
Type Type::mac_address() { return of_kind(TypeKind::MacAddress, 6); }

Type Type::named_number(TypeKind kind) {
  assert(kind >= TypeKind::ErrorName && kind <= TypeKind::CgroupPath);
  return of_kind(kind, 8);
}

Type Type::stack(TypeKind kernel_or_user, StackMode mode, uint32_t frames) {
  Type type = of_kind(kernel_or_user, 8);
  assert(type.is_stack());
  type.stack_mode = mode;
  type.count = frames;
  return type;
}

bool Type::is_scalar() const {
  switch (kind) {
  case TypeKind::Bool:
  case TypeKind::Integer:
  case TypeKind::Pointer:
  case TypeKind::Enum:
  case TypeKind::Timestamp:
  case TypeKind::KernelSymbol:
  case TypeKind::ProbeName:
  case TypeKind::KernelStack:
  case TypeKind::UserStack:
  case TypeKind::ErrorName:
  case TypeKind::SignalName:
  case TypeKind::SyscallName:
  case TypeKind::UserName:
  case TypeKind::CgroupPath: return true;
  default: return false;
  }
}

uint32_t Type::alignment() const {
  switch (kind) {
  case TypeKind::None:
  case TypeKind::Bool:
  case TypeKind::MacAddress:
  case TypeKind::String: return 1;
  case TypeKind::Inet:
  case TypeKind::Buffer: return 4;
  case TypeKind::Integer:
  case TypeKind::Enum: return size ? size : 1;
  case TypeKind::Array: return element ? element->alignment() : 1;
  case TypeKind::Struct:
  case TypeKind::Tuple: return layout ? layout_alignment(*layout) : 1;
  default: return 8;
  }
}

bool operator==(const Type &a, const Type &b) {
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case TypeKind::Pointer:
    // Where a pointer points is not part of what it points to: users never write the space.
    return a.element == b.element || (a.element && b.element && *a.element == *b.element);
  case TypeKind::Array: return a.count == b.count && a.element && b.element && *a.element == *b.element;
  case TypeKind::Struct: return a.name == b.name && (!a.name.empty() || same_layout(a.layout, b.layout));
  case TypeKind::Tuple: return same_layout(a.layout, b.layout);
  case TypeKind::Enum: return a.name == b.name && a.size == b.size && (!a.name.empty() || same_enumerators(a, b));
  case TypeKind::CgroupPath:
  case TypeKind::Timestamp: return a.name == b.name && a.size == b.size;
  case TypeKind::KernelStack:
  case TypeKind::UserStack: return a.count == b.count && a.stack_mode == b.stack_mode;
  case TypeKind::Hist: return a.count == b.count;
  case TypeKind::Lhist: return a.linear == b.linear;
  case TypeKind::Series: return a.series == b.series && a.is_signed == b.is_signed;
  default: return a.size == b.size && a.is_signed == b.is_signed;
  }
}

const Field *StructLayout::find(const std::string &wanted) const {
  for (const Field &field : fields)
    if (field.name == wanted)
      return &field;
  for (const Field &field : promoted)
    if (field.name == wanted)
      return &field;
  for (const Field &member : fields) {
    if (!member.name.empty() || !member.type.layout)
      continue;
    if (const Field *inner = member.type.layout->find(wanted)) {
      Field field = *inner;
      field.offset += member.offset;
      return &promoted.emplace_back(std::move(field));
    }
  }
  return nullptr;
}

}  // namespace sonde
