// Symbols of this test program itself, of libraries of this machine, and of files that are no ELF.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "elf/binary.h"
#include "elf/demangle.h"
#include "elf/instructions.h"
#include "elf/library_cache.h"
#include "elf/return_instructions.h"
#include "elf/symbol_table.h"

extern "C" __attribute__((noinline, used)) int sonde_elf_test_function(int value) { return value + 1; }
extern "C" __attribute__((nothrow, alias("sonde_elf_test_function"))) int sonde_elf_test_alias(int value);

namespace sonde::elf {
namespace {

std::string self() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

// A file in a directory of its own, gone with the test.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &contents) {
    char pattern[] = "/tmp/sonde-elf-test-XXXXXX";
    int fd = mkstemp(pattern);
    path_ = pattern;
    EXPECT_EQ(write(fd, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
    close(fd);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

// A table and the binary that owns its names.
Result<std::shared_ptr<const SymbolTable>> symbols_of(const std::string &path) {
  auto binary = open_binary(path);
  if (!binary)
    return binary.error();
  return std::shared_ptr<const SymbolTable>(*binary, &(*binary)->symbols());
}

TEST(ReadSymbols, OwnFunctionWithItsPlaceInTheFile) {
  auto table = symbols_of(self());
  ASSERT_TRUE(table) << table.error().message();
  const Symbol *symbol = (*table)->find("sonde_elf_test_function");
  ASSERT_TRUE(symbol);
  EXPECT_GT(symbol->size, 0u);
  EXPECT_EQ((*table)->file_offset_of(symbol->address), symbol->file_offset);
  // The bytes at that offset of the file are the function's instructions.
  std::ifstream file(self(), std::ios::binary);
  std::string bytes(symbol->size, '\0');
  file.seekg(static_cast<std::streamoff>(symbol->file_offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(std::memcmp(bytes.data(), reinterpret_cast<const void *>(&sonde_elf_test_function), bytes.size()), 0);
}

TEST(ReadSymbols, AliasesAreKeptAndOffsetsLeadBack) {
  auto table = symbols_of(self());
  ASSERT_TRUE(table);
  const Symbol *symbol = (*table)->find("sonde_elf_test_function"), *alias = (*table)->find("sonde_elf_test_alias");
  ASSERT_TRUE(symbol && alias);
  EXPECT_EQ(symbol->file_offset, alias->file_offset);
  const Symbol *found = (*table)->containing_offset(symbol->file_offset + symbol->size - 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->address, symbol->address);
  EXPECT_FALSE((*table)->containing_offset(~uint64_t{0}));
  EXPECT_FALSE((*table)->find("no_such_function"));
  EXPECT_FALSE((*table)->file_offset_of(1));
}

TEST(ReadSymbols, DynamicSymbolsOfALibrary) {
  auto path = resolve_binary("libc.so.6");
  ASSERT_TRUE(path) << path.error().message();
  auto table = symbols_of(*path);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_TRUE((*table)->find("malloc"));
  EXPECT_TRUE(std::is_sorted((*table)->functions().begin(), (*table)->functions().end(),
                             [](const Symbol &a, const Symbol &b) { return a.address < b.address; }));
}

TEST(ReadSymbols, WhatIsNoProgramSaysSo) {
  EXPECT_EQ(symbols_of("/nonexistent/file").error().message(),
            "could not read symbols of /nonexistent/file: No such file or directory");
  EXPECT_EQ(symbols_of("/tmp").error().message(), "could not read symbols of /tmp: it is a directory");
  EXPECT_EQ(symbols_of("/dev/null").error().cause, "it is not a regular file");
  TemporaryFile text("#!/bin/sh\necho hello\n"), empty("");
  EXPECT_EQ(symbols_of(text.path()).error().cause, "it is not an ELF file");
  EXPECT_EQ(symbols_of(empty.path()).error().cause, "it is not an ELF file");
}

TEST(ReadSymbols, ForeignAndDamagedPrograms) {
  std::ifstream file(self(), std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  std::string small = head, foreign = head;
  small[4] = 1;                      // EI_CLASS: 32 bits
  foreign[18] = 8, foreign[19] = 0;  // e_machine: MIPS
  TemporaryFile small_file(small), foreign_file(foreign), cut_file(head.substr(0, 40)), headless_file(head);
  EXPECT_EQ(symbols_of(small_file.path()).error().cause, "it is a 32-bit program, and only 64-bit ones can be probed");
  EXPECT_EQ(symbols_of(foreign_file.path()).error().cause, "it was built for another machine");
  EXPECT_FALSE(symbols_of(cut_file.path()));
  auto headless = symbols_of(headless_file.path());  // its section headers are gone: no symbols
  EXPECT_TRUE(!headless || (*headless)->functions().empty());
}

TEST(Demangle, NamesOfCppAndRust) {
  EXPECT_EQ(demangled("_ZN2ns1fEiPKc"), "ns::f(int, char const*)");
  EXPECT_EQ(demangled("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
  EXPECT_EQ(demangled("_RNvC5mycra4main"), "mycra::main");
  EXPECT_EQ(demangled("main"), "main");
  EXPECT_EQ(demangled("_Zonk"), "_Zonk");
}

TEST(Demangle, WithoutParameters) {
  EXPECT_EQ(without_parameters("ns::f(int, char const*)"), "ns::f");
  EXPECT_EQ(without_parameters("(anonymous namespace)::f(int)"), "(anonymous namespace)::f");
  EXPECT_EQ(without_parameters("ns::g<void (int)>::h(int)"), "ns::g<void (int)>::h");
  EXPECT_EQ(without_parameters("A::operator()(int)"), "A::operator()");
  EXPECT_EQ(without_parameters("operator<(A const&, A const&)"), "operator<");
  EXPECT_EQ(without_parameters("std::operator<< <char>(char)"), "std::operator<< <char>");
  EXPECT_EQ(without_parameters("A::operator->()"), "A::operator->");
  EXPECT_EQ(without_parameters("main"), "main");
}

#if defined(__x86_64__)
std::optional<size_t> length_of(std::initializer_list<int> bytes) {
  std::string code;
  for (int byte : bytes)
    code += static_cast<char>(byte);
  return instruction_length(code);
}

TEST(Instructions, LengthsOfEveryForm) {
  EXPECT_EQ(length_of({0x55}), 1u);                                         // push %rbp
  EXPECT_EQ(length_of({0xf3, 0x0f, 0x1e, 0xfa}), 4u);                       // endbr64
  EXPECT_EQ(length_of({0x48, 0x83, 0xec, 0x18}), 4u);                       // sub $0x18,%rsp
  EXPECT_EQ(length_of({0x48, 0x8b, 0x05, 1, 2, 3, 4}), 7u);                 // mov 0x04030201(%rip),%rax
  EXPECT_EQ(length_of({0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0}), 9u);  // mov %fs:0x28,%rax
  EXPECT_EQ(length_of({0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}), 10u);          // movabs
  EXPECT_EQ(length_of({0x66, 0xb8, 1, 2}), 4u);                             // mov $0x201,%ax
  EXPECT_EQ(length_of({0xf6, 0xc1, 0x01}), 3u);                             // test $1,%cl
  EXPECT_EQ(length_of({0xf7, 0xd8}), 2u);                                   // neg %eax
  EXPECT_EQ(length_of({0x0f, 0x84, 1, 2, 3, 4}), 6u);                       // je
  EXPECT_EQ(length_of({0xc5, 0xf8, 0x77}), 3u);                             // vzeroupper
  EXPECT_EQ(length_of({0xc4, 0xe3, 0x7d, 0x39, 0xc1, 0x01}), 6u);           // vextracti128 $1
  EXPECT_EQ(length_of({0x62, 0xf1, 0xfe, 0x48, 0x6f, 0x46, 0x01}), 7u);     // vmovdqu64 0x40(%rsi),%zmm0
  EXPECT_FALSE(length_of({0x06}));                                          // not in 64-bit code
  EXPECT_FALSE(length_of({0xe8, 1, 2}));                                    // cut off
  EXPECT_FALSE(length_of({}));
}

TEST(Instructions, StartsAndMiddles) {
  std::string code = "\x55\x48\x89\xe5\x06";
  EXPECT_EQ(starts_instruction(code, 0), true);
  EXPECT_EQ(starts_instruction(code, 1), true);
  EXPECT_EQ(starts_instruction(code, 2), false);
  EXPECT_EQ(starts_instruction(code, 4), true);
  EXPECT_EQ(starts_instruction(code, 5), std::nullopt);
}

// Not the 0xc3 in an operand (imul %ebx,%eax), and nothing behind what is no instruction.
TEST(Instructions, Returns) {
  EXPECT_EQ(return_offsets("\x0f\xaf\xc3\xc3\xf3\xc3\xc2\x08\x01\x06\xc3"), (std::vector<uint64_t>{3, 4, 6}));
  EXPECT_EQ(return_offsets(""), std::vector<uint64_t>{});
}
#endif

TEST(ResolveBinary, ThroughPathLibrariesAndAsGiven) {
  auto shell = resolve_binary("sh");
  ASSERT_TRUE(shell);
  EXPECT_TRUE(shell->ends_with("/sh"));
  auto library = resolve_binary("libc");
  ASSERT_TRUE(library);
  EXPECT_NE(library->find("/libc.so"), std::string::npos);
  EXPECT_EQ(*resolve_binary("/proc/self/exe"), "/proc/self/exe");
  EXPECT_EQ(resolve_binary("/no/such").error().message(),
            "could not find binary '/no/such': No such file or directory");
  EXPECT_FALSE(resolve_binary("sonde-no-such-program"));
  EXPECT_FALSE(resolve_binary(""));
}

TEST(LibraryCache, DamagedCachesFindNothing) {
  EXPECT_FALSE(find_in_library_cache("", "libc"));
  EXPECT_FALSE(find_in_library_cache("glibc-ld.so.cache1.1", "libc"));
  std::string cache = "glibc-ld.so.cache1.1" + std::string(28, '\xff');
  EXPECT_FALSE(find_in_library_cache(cache, "libc"));
}

}  // namespace
}  // namespace sonde::elf
