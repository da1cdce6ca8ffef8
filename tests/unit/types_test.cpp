// Layout, equality and spelling of types.
#include "types/type.h"

#include <gtest/gtest.h>

namespace sonde {
namespace {

TEST(Types, ScalarsLiveInRegisters) {
  for (const Type &type :
       {Type::boolean(), Type::integer(16, true), Type::pointer(Type::none(), AddressSpace::User),
        Type::enumeration("e", 32, false, {}), Type::timestamp("%H"), Type::kernel_symbol(), Type::probe_name()})
    EXPECT_TRUE(type.is_scalar()) << to_string(type);
  for (const Type &type : {Type::none(), Type::string(8), Type::user_symbol(), Type::tuple({Type::int64()}),
                           Type::count_aggregate(), Type::hist(0)})
    EXPECT_FALSE(type.is_scalar()) << to_string(type);
}

TEST(Types, TuplesLieAsInC) {
  // struct { char; u64; u16; char[3]; u32; } is 32 bytes: padded to the u64's alignment.
  Type tuple = Type::tuple(
      {Type::integer(8, true), Type::uint64(), Type::integer(16, false), Type::string(3), Type::integer(32, false)});
  std::vector<uint32_t> offsets;
  for (const Field &field : tuple.layout->fields)
    offsets.push_back(field.offset);
  EXPECT_EQ(offsets, (std::vector<uint32_t>{0, 8, 16, 18, 24}));
  EXPECT_EQ(tuple.size, 32u);
  EXPECT_EQ(tuple.alignment(), 8u);
  EXPECT_EQ(Type::tuple({}).size, 0u);
  EXPECT_EQ(Type::tuple({Type::string(3), Type::string(2)}).size, 5u);
}

TEST(Types, SizesOfAggregates) {
  EXPECT_EQ(Type::count_aggregate().size, 8u);
  EXPECT_EQ(Type::sum(true).size, 8u);
  EXPECT_EQ(Type::extremum(TypeKind::Min, true).size, 16u);
  EXPECT_EQ(Type::average(TypeKind::Stats, true).size, 16u);
  EXPECT_EQ(Type::hist(0).size, 65u * 8);
  EXPECT_EQ(Type::lhist({0, 100, 10}).size, 12u * 8);
}

TEST(Types, EqualityIsByKindAndShape) {
  EXPECT_EQ(Type::string(16), Type::string(16));
  EXPECT_FALSE(Type::string(16) == Type::string(8));
  EXPECT_FALSE(Type::int64() == Type::uint64());
  EXPECT_EQ(Type::structure("a"), Type::structure("a"));
  EXPECT_FALSE(Type::structure("a") == Type::structure("b"));
  EXPECT_EQ(Type::pointer(Type::int64(), AddressSpace::User), Type::pointer(Type::int64(), AddressSpace::Kernel));
  EXPECT_EQ(Type::tuple({Type::int64(), Type::string(4)}), Type::tuple({Type::int64(), Type::string(4)}));
  EXPECT_FALSE(Type::tuple({Type::int64()}) == Type::tuple({Type::int64(), Type::int64()}));
  EXPECT_FALSE(Type::hist(1) == Type::hist(2));
  EXPECT_FALSE(Type::lhist({0, 10, 1}) == Type::lhist({0, 10, 2}));
}

TEST(Types, AnonymousStructsAreEqualByLayout) {
  auto with = [](Type type) {
    auto layout = std::make_shared<StructLayout>();
    layout->size = 8;
    layout->fields.push_back({"x", std::move(type)});
    return Type::structure("", layout);
  };
  EXPECT_EQ(with(Type::int64()), with(Type::int64()));
  EXPECT_FALSE(with(Type::int64()) == with(Type::uint64()));
}

TEST(Types, FindLooksThroughAnonymousMembers) {
  auto inner = std::make_shared<StructLayout>();
  inner->size = 8;
  inner->fields = {{"a", Type::integer(32, true), 0}, {"b", Type::integer(32, true), 4}};
  StructLayout outer;
  outer.size = 24;
  outer.fields = {{"first", Type::uint64(), 0}, {"", Type::structure("", inner), 8}, {"last", Type::uint64(), 16}};
  const Field *b = outer.find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->offset, 12u);
  const Field *a = outer.find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->offset, 8u);
  EXPECT_EQ(b, outer.find("b")) << "earlier answers stay valid";
  EXPECT_EQ(outer.find("last")->offset, 16u);
  EXPECT_EQ(outer.find("nothing"), nullptr);
}

TEST(Types, ReadAsBpftraceWritesThem) {
  EXPECT_EQ(to_string(Type::integer(32, false)), "uint32");
  EXPECT_EQ(to_string(Type::string(16)), "string[16]");
  EXPECT_EQ(to_string(Type::pointer(Type::structure("task_struct"), AddressSpace::Kernel)), "struct task_struct *");
  EXPECT_EQ(to_string(Type::pointer(Type::none(), AddressSpace::None)), "void *");
  EXPECT_EQ(to_string(Type::tuple({Type::int64(), Type::string(16)})), "(int64,string[16])");
  EXPECT_EQ(to_string(Type::array(Type::integer(8, false), 6)), "uint8[6]");
  EXPECT_EQ(to_string(Type::enumeration("pid_type", 32, false, {})), "enum pid_type");
  EXPECT_EQ(to_string(Type::hist(0)), "hist_t");
  EXPECT_EQ(to_string(Type::sum(false)), "usum_t");
}

}  // namespace
}  // namespace sonde
