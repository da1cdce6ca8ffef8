// What a value is and how its bytes lie.
//
// A Type is a small value: kind, size and, for compound kinds, shared immutable parts. The
// compiler lays out map keys, map values and events by it; the runtime formats values by it. It
// therefore holds nothing that only one of the two knows.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sonde {

enum class TypeKind : uint8_t {
  None,     // no value: printf(...)
  Bool,     // 1 byte
  Integer,  // 1, 2, 4 or 8 bytes
  String,   // NUL-terminated within `size` bytes; bytes past the NUL are zero in keys
  Buffer,   // u32 length, then `size` - 4 bytes
  Pointer,  // 8 bytes; `element` is the pointee
  Array,    // `count` × `element`
  Struct,   // struct or union; `name`, fields in `layout` when they are known
  Tuple,    // fields "0", "1", … in `layout`, aligned as in C
  Enum,     // an integer with names; `layout` holds none, `enumerators` do

  // Values of maps that only aggregating functions write; one per CPU, merged when read.
  Count,   // u64
  Sum,     // 64 bits, signed or not
  Min,     // Extremum: 64-bit value, u64 is_set
  Max,     // as Min
  Avg,     // i64/u64 total, u64 count
  Stats,   // as Avg
  Hist,    // log2 histogram: u64 slots (types/histogram.h)
  Lhist,   // linear histogram: u64 slots
  Series,  // values by intervals of time (types/time_series.h)

  // Numbers that print as something else.
  Timestamp,     // u64 boot-time ns, printed by strftime's format in `name`
  KernelSymbol,  // u64 address
  UserSymbol,    // u64 address, u32 pid, u32 padding
  ProbeName,     // u64 index into ProgramImage::probe_names
  KernelStack,   // u64: id in a stack-trace map (types/stack.h); at most `count` frames
  UserStack,     // as KernelStack, with the process id in the high half
  ErrorName,     // u64 errno
  SignalName,    // u64 signal number
  SyscallName,   // u64 number of a system call
  UserName,      // u64 user id
  CgroupPath,    // u64 cgroup id; `name` filters hierarchies
  Inet,          // u32 address family, 16 bytes of address
  MacAddress,    // 6 bytes
};

// How the values of one interval of a time series become one.
enum class SeriesValue : uint8_t { Last, Sum, Min, Max, Avg };

// Shape of tseries(value, interval, count, "how").
struct TimeSeries {
  uint64_t interval_ns = 1;
  uint32_t count = 1;  // intervals that are kept
  SeriesValue value = SeriesValue::Last;
  friend bool operator==(const TimeSeries &, const TimeSeries &) = default;
};

enum class AddressSpace : uint8_t { None, Kernel, User };

// How the frames of a stack print.
enum class StackMode : uint8_t { Bpftrace, Perf, Raw, BuildId };

struct StructLayout;

struct Enumerator {
  std::string name;
  int64_t value = 0;
};

// Shape of lhist(value, min, max, step).
struct LinearBuckets {
  int64_t min = 0;
  int64_t max = 0;
  int64_t step = 1;
  // Slots of one CPU: one below min, the whole steps between min and max, and one from the end of the
  // last whole step on.
  uint32_t count() const { return static_cast<uint32_t>((max - min) / step) + 2; }
  friend bool operator==(const LinearBuckets &, const LinearBuckets &) = default;
};

struct Type {
  TypeKind kind = TypeKind::None;
  uint32_t size = 0;  // bytes in a key, a value or a record
  bool is_signed = false;
  AddressSpace space = AddressSpace::None;     // Pointer: which memory it points into
  std::string name;                            // Struct, Enum: C name; Timestamp: format
  uint32_t count = 0;                          // Array: elements; Hist: sub-bucket bits (0 to 5); stacks: frames
  StackMode stack_mode = StackMode::Bpftrace;  // stacks
  LinearBuckets linear;                        // Lhist
  TimeSeries series;                           // Series
  std::shared_ptr<const Type> element;         // Pointer, Array
  std::shared_ptr<const StructLayout> layout;  // Struct, Tuple
  std::shared_ptr<const std::vector<Enumerator>> enumerators;  // Enum

  static Type none() { return {}; }
  static Type boolean();
  static Type integer(uint32_t bits, bool is_signed);
  static Type uint64() { return integer(64, false); }
  static Type int64() { return integer(64, true); }
  static Type string(uint32_t size);
  static Type buffer(uint32_t size);
  static Type pointer(Type pointee, AddressSpace space);
  static Type array(Type element, uint32_t count);
  static Type structure(std::string name, std::shared_ptr<const StructLayout> layout = nullptr);
  static Type tuple(std::vector<Type> elements);
  static Type enumeration(std::string name, uint32_t bits, bool is_signed, std::vector<Enumerator> enumerators);
  static Type count_aggregate();
  static Type sum(bool is_signed);
  static Type extremum(TypeKind min_or_max, bool is_signed);
  static Type average(TypeKind avg_or_stats, bool is_signed);
  static Type hist(uint32_t bits);
  static Type lhist(LinearBuckets buckets);
  static Type time_series(TimeSeries series, bool is_signed);
  static Type timestamp(std::string format);
  static Type kernel_symbol();
  static Type user_symbol();
  static Type probe_name();
  static Type inet();
  static Type mac_address();
  static Type named_number(TypeKind kind);  // ErrorName to CgroupPath
  static Type stack(TypeKind kernel_or_user, StackMode mode, uint32_t frames);

  bool is_none() const { return kind == TypeKind::None; }
  bool is_integer() const { return kind == TypeKind::Integer; }
  bool is_string() const { return kind == TypeKind::String; }
  bool is_pointer() const { return kind == TypeKind::Pointer; }
  bool is_stack() const { return kind == TypeKind::KernelStack || kind == TypeKind::UserStack; }
  bool is_aggregate() const { return kind >= TypeKind::Count && kind <= TypeKind::Series; }
  // Lives in a register (an LLVM integer of `size` bytes) rather than in memory.
  bool is_scalar() const;
  uint32_t alignment() const;  // bytes

  // Same kind and shape; struct types are the same when their names are (anonymous: layouts). The
  // address space of pointers does not count.
  friend bool operator==(const Type &a, const Type &b);
};

struct Field {
  std::string name;
  Type type;
  uint32_t offset = 0;       // bytes from the start of the struct (of the storage unit for bitfields)
  uint32_t bit_offset = 0;   // bitfields: first bit within the storage unit, little-endian counting
  uint32_t bit_width = 0;    // 0: not a bitfield
  bool is_data_loc = false;  // tracepoint __data_loc: u32, offset in the record in its low 16 bits, length in the high
};

struct StructLayout {
  std::string name;
  uint32_t size = 0;
  bool is_union = false;
  std::vector<Field> fields;
  // Fields of anonymous members that find() was asked for, with their offsets from this struct's
  // start, so that its answers have an owner. A deque: answers stay valid.
  mutable std::deque<Field> promoted = {};

  // The field of that name, looking through anonymous members (their offsets added), or null.
  const Field *find(const std::string &name) const;
};

// As users read it in messages, -d types and bpftrace's documentation: "uint64", "string[16]",
// "struct task_struct *", "(int64,string[16])", "hist_t".
std::string to_string(const Type &type);
// Of what kind it is, without its parts: "int", "string", "pointer", "hist_t".
std::string kind_name(const Type &type);

}  // namespace sonde
