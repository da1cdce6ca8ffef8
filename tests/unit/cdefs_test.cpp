// C in scripts: layouts, constants, errors at the script's places, and what BTF stands in for.
#include "cdefs/active_code.h"
#include "cdefs/parse_c.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace sonde::cdefs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Read {
  Definitions definitions;
  std::string messages;
};

Read read(const std::string &text, const Options &options = {}) {
  Sources sources;
  sources.add("x.bt", text);
  Diagnostics diagnostics;
  Read result;
  result.definitions = parse_c(text, {0, static_cast<uint32_t>(text.size())}, options, diagnostics);
  result.messages = diagnostics.format(sources);
  return result;
}

// As -d types might show it: "0 int32 a, 4:3+5 uint16 b, 8 {0 int8 x}", sizes in front.
std::string dump(const Type &type) {
  if (!type.layout)
    return to_string(type);
  std::string text = std::to_string(type.size) + "{";
  for (const Field &field : type.layout->fields) {
    text += text.back() == '{' ? "" : ", ";
    text += std::to_string(field.offset);
    if (field.bit_width)
      text += ":" + std::to_string(field.bit_offset) + "+" + std::to_string(field.bit_width);
    text += " " + dump(field.type) + (field.name.empty() ? "" : " " + field.name);
  }
  return text + "}";
}

std::string dump(const std::string &c, const std::string &name) {
  Read result = read(c);
  EXPECT_EQ(result.messages, "") << c;
  const Type *type = result.definitions.find(name);
  return type ? dump(*type) : "not found";
}

struct LayoutCase {
  const char *c, *name, *expected;
};

class Layouts : public ::testing::TestWithParam<LayoutCase> {};

TEST_P(Layouts, AreThoseOfC) { EXPECT_EQ(dump(GetParam().c, GetParam().name), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Cdefs, Layouts,
    ::testing::Values(
        LayoutCase{"struct a { char c; int i; long l; };", "struct a", "16{0 int8 c, 4 int32 i, 8 int64 l}"},
        LayoutCase{"struct a { int i; };", "a", "4{0 int32 i}"},
        LayoutCase{"struct a { unsigned char u; _Bool b; short s; };", "a", "4{0 uint8 u, 1 bool b, 2 int16 s}"},
        LayoutCase{"union u { int i; char c[8]; };", "union u", "8{0 int32 i, 0 int8[8] c}"},
        LayoutCase{"struct a { struct { int x; union { int y; short z; }; }; int w; };", "a",
                   "12{0 8{0 int32 x, 4 4{0 int32 y, 0 int16 z}}, 8 int32 w}"},
        LayoutCase{"struct in { int i; }; struct a { char c; struct in in[2]; };", "a",
                   "12{0 int8 c, 4 struct in[2] in}"},
        LayoutCase{"struct a { struct in { int i; } in; };", "in", "4{0 int32 i}"},
        LayoutCase{"struct a { int m[2][3]; };", "a", "24{0 int32[3][2] m}"},
        LayoutCase{"struct a { int n; int rest[]; };", "a", "4{0 int32 n, 4 int32[0] rest}"},
        LayoutCase{"struct a { struct a *next; struct unknown *u; void *v; };", "a",
                   "24{0 struct a * next, 8 struct unknown * u, 16 void * v}"},
        LayoutCase{"struct a { const char *s; char **argv; int (*f)(int, char); };", "a",
                   "24{0 int8 * s, 8 int8 * * argv, 16 void * f}"},
        LayoutCase{"struct a { char c; int i; } __attribute__((packed));", "a", "5{0 int8 c, 1 int32 i}"},
        LayoutCase{"struct a { char c; } __attribute__((aligned(16)));", "a", "16{0 int8 c}"},
        LayoutCase{"struct a { unsigned x : 3; unsigned : 2; unsigned y : 7; };", "a",
                   "4{0:0+3 uint32 x, 0:5+7 uint32 y}"},
        LayoutCase{"struct a { int i; short s : 5; } __attribute__((packed));", "a", "5{0 int32 i, 4:0+5 int8 s}"},
        LayoutCase{"enum e { A, B }; struct a { enum e e; };", "a", "4{0 enum e e}"},
        LayoutCase{"typedef struct { int i; } t; struct a { t v; t *p; };", "a",
                   "16{0 4{0 int32 i} v, 8 struct t * p}"},
        LayoutCase{"typedef unsigned short port_t;", "port_t", "uint16"},
        LayoutCase{"typedef struct { int i; } t;", "struct t", "4{0 int32 i}"},
        LayoutCase{"struct a { double d; };", "a", "8{0 uint8[8] d}"},
        LayoutCase{"struct a { u64 t; __be16 p; uint8_t b; bool ok; pid_t pid; };", "a",
                   "16{0 uint64 t, 8 uint16 p, 10 uint8 b, 11 bool ok, 12 int32 pid}"},
        LayoutCase{"struct a { int i; }\nstruct b { int j; }", "b", "4{0 int32 j}"}));

// The same text for the compiler of this test and for sonde.
#define SONDE_BOTH(...)                                                                                                \
  __VA_ARGS__                                                                                                          \
  constexpr const char *kText = #__VA_ARGS__

SONDE_BOTH(
    struct mixed {
      char c;
      long l;
      short s;
      struct {
        int x;
        union {
          long y;
          char z;
        };
      };
      char name[5];
      int m[3][2];
      void *p;
    };
    struct bits {
      unsigned a : 3;
      unsigned b : 30;
      unsigned long c : 40;
      unsigned char d : 7;
      signed int e : 9;
    };
    struct __attribute__((packed)) packed_bits {
      unsigned char a;
      unsigned int b : 21;
      unsigned long c : 50;
    };);

uint32_t offset_of(const Definitions &definitions, const std::string &name, const std::string &field) {
  const Field *found = definitions.find(name)->layout->find(field);
  return found ? found->offset : ~0u;
}

TEST(Cdefs, OffsetsAreThoseOfTheCompiler) {
  Definitions definitions = read(kText).definitions;
  EXPECT_EQ(definitions.find("mixed")->size, sizeof(mixed));
  EXPECT_EQ(offset_of(definitions, "mixed", "l"), offsetof(mixed, l));
  EXPECT_EQ(offset_of(definitions, "mixed", "s"), offsetof(mixed, s));
  EXPECT_EQ(offset_of(definitions, "mixed", "x"), offsetof(mixed, x));
  EXPECT_EQ(offset_of(definitions, "mixed", "z"), offsetof(mixed, z));
  EXPECT_EQ(offset_of(definitions, "mixed", "name"), offsetof(mixed, name));
  EXPECT_EQ(offset_of(definitions, "mixed", "m"), offsetof(mixed, m));
  EXPECT_EQ(offset_of(definitions, "mixed", "p"), offsetof(mixed, p));
}

// Reads a bitfield from memory as generated code does: one load of the unit, shift, mask.
uint64_t read_bits(const void *object, const Type &type, const std::string &name) {
  const Field *field = type.layout->find(name);
  uint64_t unit = 0;
  EXPECT_LE(field->offset + field->type.size, type.size) << name;
  std::memcpy(&unit, static_cast<const char *>(object) + field->offset, field->type.size);
  return unit >> field->bit_offset & ((uint64_t{1} << field->bit_width) - 1);
}

TEST(Cdefs, BitfieldsAreWhereTheCompilerPutsThem) {
  Definitions definitions = read(kText).definitions;
  bits b{};
  b.a = 5, b.b = 0x2aaaaaab, b.c = 0x123456789a, b.d = 0x55, b.e = -3;
  const Type &type = *definitions.find("bits");
  ASSERT_EQ(type.size, sizeof b);
  EXPECT_EQ(read_bits(&b, type, "a"), 5u);
  EXPECT_EQ(read_bits(&b, type, "b"), 0x2aaaaaabu);
  EXPECT_EQ(read_bits(&b, type, "c"), 0x123456789au);
  EXPECT_EQ(read_bits(&b, type, "d"), 0x55u);
  EXPECT_EQ(read_bits(&b, type, "e"), uint64_t{0x200 - 3});
  EXPECT_TRUE(type.layout->find("e")->type.is_signed);

  packed_bits p{};
  p.a = 0xff, p.b = 0x155555, p.c = 0x2bcdef0123456;
  const Type &packed = *definitions.find("packed_bits");
  ASSERT_EQ(packed.size, sizeof p);
  EXPECT_EQ(read_bits(&p, packed, "b"), 0x155555u);
  EXPECT_EQ(read_bits(&p, packed, "c"), 0x2bcdef0123456u);
}

TEST(Cdefs, BitsThatNoLoadHoldsHaveNoType) {
  EXPECT_EQ(dump("struct a { unsigned long x : 6, y : 60; } __attribute__((packed));", "a"),
            "9{0:0+6 uint64 x, 0:0+60 none y}");
}

TEST(Cdefs, EnumeratorsAreNumbers) {
  Definitions definitions =
      read("enum colour { RED, GREEN = 5, BLUE }; enum { LIMIT = 77 }; enum sign { MINUS = -1 };").definitions;
  std::map<std::string, int64_t> values;
  for (const auto &[name, constant] : definitions.enumerators)
    values[name] = constant.value;
  EXPECT_EQ(values,
            (std::map<std::string, int64_t>{{"RED", 0}, {"GREEN", 5}, {"BLUE", 6}, {"LIMIT", 77}, {"MINUS", -1}}));
  EXPECT_EQ(definitions.enumerators.at("GREEN").type, "enum colour");
  EXPECT_EQ(definitions.enumerators.at("LIMIT").type, "");
  const Type *colour = definitions.find("enum colour");
  ASSERT_TRUE(colour);
  EXPECT_EQ(colour->enumerators->at(1).name, "GREEN");
  EXPECT_FALSE(colour->is_signed);
  EXPECT_TRUE(definitions.find("sign")->is_signed);
}

TEST(Cdefs, MacrosAreEvaluated) {
  Definitions definitions = read(R"(#define N 4
#define M (N * 2 + 1)
#define SHIFTED (1UL << 40)
#define NEGATIVE -1
#define CHARACTER 'A'
#define CUT ((unsigned char)300)
#define SIZE sizeof(struct a)
#define OCTAL 0755
#define CHOICE (N > 3 ? 10 : 20)
#define OF_ENUM (GREEN | 8)
#define ALL_ONES 0xffffffffffffffffULL
#define HELLO "hello" " world"
#define AGAIN 1
#undef AGAIN
#define AGAIN 2
#define EMPTY
#define CALL(x) x
struct a { int i[3]; };
enum { GREEN = 5 };
)")
                                .definitions;
  std::map<std::string, Constant> expected = {
      {"N", int64_t{4}},         {"M", int64_t{9}},           {"SHIFTED", int64_t{1} << 40},
      {"NEGATIVE", int64_t{-1}}, {"CHARACTER", int64_t{'A'}}, {"CUT", int64_t{44}},
      {"SIZE", int64_t{12}},     {"OCTAL", int64_t{0755}},    {"CHOICE", int64_t{10}},
      {"OF_ENUM", int64_t{13}},  {"ALL_ONES", ~uint64_t{0}},  {"HELLO", std::string("hello world")},
      {"AGAIN", int64_t{2}},
  };
  EXPECT_EQ(definitions.macros, expected);
  EXPECT_TRUE(definitions.macro_texts.empty());
}

TEST(Cdefs, OtherMacrosOfTheScriptKeepTheirText) {
  Read result =
      read("#define MINE pid  == 1 && /* me */ tid==2\n#define OPEN {\n#define ROUND (\n#define UNEVEN ROUND 1\n"
           "#define GOOD 7\n");
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.definitions.macro_texts,
            (std::map<std::string, std::string>{
                {"MINE", "pid == 1 && tid==2"}, {"OPEN", "{"}, {"ROUND", "("}, {"UNEVEN", "ROUND 1"}}));
  EXPECT_EQ(result.definitions.macros.at("GOOD"), Constant(int64_t{7}));
}

TEST(Cdefs, OnlyUsedMacrosAreEvaluated) {
  Options options;
  options.used_names = {"B"};
  Definitions definitions = read("#define A 1\n#define B (A + 1)\n", options).definitions;
  EXPECT_EQ(definitions.macros, (std::map<std::string, Constant>{{"B", int64_t{2}}}));
}

TEST(Cdefs, ErrorsAreAtTheScriptsPlace) {
  EXPECT_THAT(read("struct a { int i; };\nstruct b { strange_t s; };\n").messages,
              StartsWith("x.bt:2:12-20: ERROR: unknown type name 'strange_t'\n"
                         "struct b { strange_t s; };\n"
                         "           ^~~~~~~~~\n"));
  EXPECT_THAT(
      read("struct a { int i; };\nstruct a { int j; };\n").messages,
      AllOf(HasSubstr("x.bt:2:8: ERROR: redefinition of 'a'"), HasSubstr("x.bt:1:8: NOTE: previous definition")));
}

TEST(Cdefs, FilesInMemoryAreNotTheScript) {
  // sonde's own u64 is the other definition; it has no place that a user could look at.
  EXPECT_THAT(read("struct a { u64 t; };\ntypedef struct a u64;\n").messages,
              AllOf(HasSubstr("x.bt:2:18-20: ERROR: typedef redefinition"), Not(HasSubstr("NOTE"))));
}

TEST(Cdefs, ErrorsCountFromWhereTheTextIs) {
  Sources sources;
  sources.add("first.bt", "BEGIN { }\n");
  std::string c = "struct a { strange_t s; };\n";
  size_t second = sources.add("second.bt", "// a comment\n" + c);
  uint32_t begin = sources.file(second).base + 13;
  Diagnostics diagnostics;
  parse_c(c, {begin, begin + static_cast<uint32_t>(c.size())}, {}, diagnostics);
  EXPECT_THAT(diagnostics.format(sources), HasSubstr("second.bt:2:12-2"));
}

TEST(Cdefs, WhatIsRightIsReadInSpiteOfErrors) {
  Read result = read("struct a { int i; };\nint 5;\nstruct b { long j; };\n#define N 3\n");
  EXPECT_THAT(result.messages, HasSubstr("x.bt:2:"));
  EXPECT_TRUE(result.definitions.find("a"));
  EXPECT_TRUE(result.definitions.find("b"));
  EXPECT_TRUE(result.definitions.macros.contains("N"));
}

TEST(Cdefs, AtMostTwentyErrorsAreReported) {
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "strange_t" + std::to_string(i) + " v" + std::to_string(i) + ";\n";
  Sources sources;
  sources.add("x.bt", text);
  Diagnostics diagnostics;
  parse_c(text, {0, static_cast<uint32_t>(text.size())}, {}, diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 20u);
}

TEST(Cdefs, MissingHeadersComeWithAdvice) {
  EXPECT_THAT(read("#include <mine/own.h>\n").messages,
              AllOf(HasSubstr("x.bt:1:10-"), HasSubstr("'mine/own.h' file not found"), HasSubstr("with -I")));
  Options options;
  options.kernel_source = "/nonexistent";
  EXPECT_THAT(read("#include <net/sock.h>\n", options).messages,
              AllOf(HasSubstr("'net/sock.h' file not found"), HasSubstr("linux-headers-"),
                    HasSubstr("BPFTRACE_KERNEL_SOURCE")));
}

// A folder that lives as long as the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    char name[] = "/tmp/sonde-cdefs-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string &name, const std::string &text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
};

TEST(Cdefs, IncludesAreFound) {
  Folder folder;
  folder.write("own.h", "struct own { int i; };\n#define OWN 12\n");
  folder.write("sub/also.h", "#include \"../own.h\"\nenum { ALSO = OWN + 1 };\n");
  Options options;
  options.include_folders = {folder.path};
  EXPECT_TRUE(read("#include <own.h>\n", options).definitions.find("own"));
  EXPECT_EQ(read("#include <sub/also.h>\n", options).definitions.enumerators.at("ALSO").value, 13);
  options = {};
  options.script_folder = folder.path;
  EXPECT_EQ(read("#include \"own.h\"\n", options).definitions.macros.at("OWN"), Constant(int64_t{12}));
  options = {};
  options.include_files = {folder.path / "own.h"};
  EXPECT_TRUE(read("struct mine { struct own o; };", options).definitions.find("mine")->layout->find("o")->type.layout);
}

TEST(Cdefs, ErrorsOfHeadersAreAtTheInclude) {
  Folder folder;
  folder.write("bad.h", "\nstruct bad { strange_t s; };\n");
  folder.write("outer.h", "#include \"bad.h\"\n");
  Options options;
  options.include_folders = {folder.path};
  std::string messages = read("struct a { int i; };\n#include <outer.h>\n", options).messages;
  EXPECT_THAT(messages, AllOf(HasSubstr("x.bt:2:10-18: ERROR: in " + (folder.path / "bad.h").string() +
                                        ":2:14: unknown type name 'strange_t'"),
                              HasSubstr("#include <outer.h>\n"), Not(HasSubstr("(script).c"))));
}

TEST(Cdefs, ConstantsOfTheSystemAreFound) {
  Options options;
  options.used_names = {"AF_INET", "AF_INET6"};
  Read result = read("#include <sys/socket.h>\n#include <linux/types.h>\n#include <stdint.h>\n", options);
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.definitions.macros.at("AF_INET"), Constant(int64_t{AF_INET}));
  EXPECT_EQ(result.definitions.macros.at("AF_INET6"), Constant(int64_t{AF_INET6}));
  EXPECT_EQ(result.definitions.find("struct sockaddr")->size, sizeof(sockaddr));
  EXPECT_EQ(to_string(*result.definitions.find("uint64_t")), "uint64");
}

// A kernel with three types.
std::optional<Type> few_kernel_types(const std::string &name) {
  auto layout = [](std::string name, uint32_t size, std::vector<Field> fields) {
    auto layout = std::make_shared<StructLayout>();
    *layout = {std::move(name), size, false, std::move(fields)};
    return layout;
  };
  Field pointer{"dentry", Type::pointer(Type::none(), AddressSpace::Kernel)},
      counter{"counter", Type::integer(32, true)};
  if (name == "struct path")
    return Type::structure("path", layout("path", 16, {pointer}));
  if (name == "atomic_t")
    return Type::structure("", layout("", 4, {counter}));
  if (name == "enum pid_type")
    return Type::enumeration("pid_type", 32, false, {{"PIDTYPE_PID", 0}});
  if (name == "dev_t")
    return Type::integer(32, false);
  return std::nullopt;
}

Options with_btf() {
  Options options;
  options.kernel_has_btf = true;
  options.kernel_type = few_kernel_types;
  options.kernel_source = "/nonexistent";
  return options;
}

TEST(Cdefs, KernelTypesNeedNoDefinition) {
  Read result =
      read("struct a { char c; struct path p; char d; atomic_t n; enum pid_type t; dev_t dev; struct path *q; };",
           with_btf());
  EXPECT_EQ(result.messages, "");
  const Type *type = result.definitions.find("a");
  ASSERT_TRUE(type);
  EXPECT_EQ(dump(*type), "48{0 int8 c, 8 struct path p, 24 int8 d, 28 4{0 int32 counter} n, 32 enum pid_type t, "
                         "36 uint32 dev, 40 struct path * q}");
  EXPECT_EQ(type->layout->find("p")->type.size, 16u);
  EXPECT_FALSE(result.definitions.find("struct path")) << "the kernel's own fields must stay in reach";
  EXPECT_EQ(type->layout->find("t")->type.enumerators->at(0).name, "PIDTYPE_PID");
}

TEST(Cdefs, BtfStandsInForKernelHeaders) {
  Read result = read("#include <net/sock.h>\n#include <linux/not_there.h>\n#ifndef BPFTRACE_HAVE_BTF\n"
                     "#include <linux/nor_this.h>\n#endif\nstruct a { struct sock *sk; };\n",
                     with_btf());
  EXPECT_THAT(result.messages, AllOf(HasSubstr("x.bt:1:10-21: WARNING: there is no kernel header 'net/sock.h'"),
                                     HasSubstr("x.bt:2:10-"), Not(HasSubstr("nor_this")), Not(HasSubstr("ERROR"))));
  EXPECT_EQ(dump(*result.definitions.find("a")), "8{0 struct sock * sk}");
}

TEST(Cdefs, ConstantsOfMissingKernelHeadersAreKnown) {
  Definitions definitions = read("#include <net/sock.h>\n#define TASK_RUNNING 5\n", with_btf()).definitions;
  EXPECT_EQ(definitions.macros.at("AF_INET"), Constant(int64_t{AF_INET}));
  EXPECT_EQ(definitions.macros.at("TASK_UNINTERRUPTIBLE"), Constant(int64_t{2}));
  EXPECT_EQ(definitions.macros.at("TASK_RUNNING"), Constant(int64_t{5})) << "the script's own comes first";
  EXPECT_FALSE(read("struct a { int i; };", with_btf()).definitions.macros.contains("AF_INET"));
}

TEST(Cdefs, TypesThatNobodyHasAreErrors) {
  EXPECT_THAT(read("struct a { struct nowhere n; };", with_btf()).messages,
              AllOf(HasSubstr("field has incomplete type 'struct nowhere'"), Not(HasSubstr("linux-headers"))));
}

TEST(Cdefs, KernelTreesAreReadAsKernelCode) {
  Folder tree;
  tree.write("include/linux/kconfig.h", "#define IN_KERNEL 1\n");
  tree.write("include/linux/only_kernel.h", "#ifdef __KERNEL__\nstruct inner { long l; };\n#endif\n");
  Options options;
  options.kernel_source = tree.path;
  Read result = read("#include <linux/only_kernel.h>\nstruct a { struct inner i; };\n", options);
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(dump(*result.definitions.find("a")), "8{0 8{0 int64 l} i}");
  EXPECT_TRUE(result.definitions.macros.contains("IN_KERNEL"));
  EXPECT_THAT(read("#include <linux/only_kernel.h>\n#include <linux/moved.h>\n", options).messages,
              AllOf(HasSubstr("x.bt:2:10-"), HasSubstr("may have moved"), Not(HasSubstr("install the"))));
  tree.write("include/linux/socket.h", "#define AF_INET 222\n");
  Definitions mixed = read("#include <linux/only_kernel.h>\n#include <sys/socket.h>\n", options).definitions;
  EXPECT_EQ(mixed.macros.at("AF_INET"), Constant(int64_t{222})) << "a program's headers clash with the kernel's";
  EXPECT_FALSE(read("struct a { int i; };", options).definitions.macros.contains("IN_KERNEL"))
      << "a script without kernel headers is no kernel code";
}

TEST(Cdefs, GarbageIsRefusedQuietly) {
  const std::string seed = "struct a { int i : 3; union { long y; char z[4]; }; } __attribute__((packed));\n"
                           "#define N (1 << 3)\n#include <sys/socket.h>\nenum e { A = N, B };\ntypedef struct a t;\n";
  std::mt19937 random(7);
  for (int round = 0; round < 25; ++round) {
    std::string text = seed;
    for (int change = 0; change < 4; ++change) {
      size_t at = random() % text.size();
      switch (random() % 3) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, random() % 8); break;
      default: text.insert(at, text.substr(random() % text.size(), random() % 12)); break;
      }
    }
    read(text, with_btf());
  }
  EXPECT_EQ(read("").messages, "");
  EXPECT_THAT(read(std::string("\0\xff{", 3)).messages, HasSubstr("ERROR"));
  EXPECT_THAT(read(std::string(100000, '(')).messages, HasSubstr("ERROR"));
  EXPECT_THAT(read("int a[0xffffffffffff]; struct b { char c[0xfffffffff]; int after; };").messages,
              Not(HasSubstr("?")));
}

struct GuardCase {
  const char *text;
  bool with_btf, without_btf;  // whether anything is left to read
};

TEST(ActiveCode, GuardsOnBtfAreDecidedWithoutClang) {
  const GuardCase cases[] = {
      {"", false, false},
      {"  \n\n", false, false},
      {"#include <linux/fs.h>\n", true, true},
      {"#ifndef BPFTRACE_HAVE_BTF\n#include <linux/fs.h>\n#endif\n", false, true},
      {"#ifdef BPFTRACE_HAVE_BTF\n#else\nstruct s { int x; };\n#endif\n", false, true},
      {"#ifndef BPFTRACE_HAVE_BTF\n#else\n#include <sys/socket.h>\n#endif\n", true, false},
      {"  # ifndef BPFTRACE_HAVE_BTF\n#if X > 2\n#define Y 1\n#else\n#endif\n#endif\n", false, true},
      {"#ifndef BPFTRACE_HAVE_BTF\n#endif\n#define Y 1\n", true, true},
      {"#ifndef BPFTRACE_HAVE_BTF\n#elif 1\n#define Y 1\n#endif\n", true, true},
      {"#ifdef OTHER\n#endif\n", true, true},
      {"#if 0\n#endif\n", true, true},
      {"#endif\n", true, true},
      {"#ifndef BPFTRACE_HAVE_BTF\n", true, true},
  };
  for (const GuardCase &guard : cases) {
    EXPECT_EQ(has_active_code(guard.text, true), guard.with_btf) << guard.text;
    EXPECT_EQ(has_active_code(guard.text, false), guard.without_btf) << guard.text;
  }
}

}  // namespace
}  // namespace sonde::cdefs
