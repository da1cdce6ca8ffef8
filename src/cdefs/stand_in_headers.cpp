// The numbers are Linux's user-space interface (asm-generic), which does not change.
#include "cdefs/stand_in_headers.h"

#include "cdefs/clang_arguments.h"

namespace sonde::cdefs {
namespace {

constexpr const char *kStddef = R"(#pragma once
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;
#define NULL ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
)";

constexpr const char *kStdbool = R"(#pragma once
#define bool _Bool
#define true 1
#define false 0
)";

constexpr const char *kStdarg = R"(#pragma once
typedef __builtin_va_list va_list;
#define va_start(list, last) __builtin_va_start(list, last)
#define va_end(list) __builtin_va_end(list)
#define va_arg(list, type) __builtin_va_arg(list, type)
#define va_copy(to, from) __builtin_va_copy(to, from)
)";

constexpr const char *kStdint = R"(#pragma once
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
#define INT32_MAX __INT32_MAX__
#define INT64_MAX __INT64_MAX__
#define UINT32_MAX __UINT32_MAX__
#define UINT64_MAX __UINT64_MAX__
)";

constexpr const char *kLinuxTypes = R"(#pragma once
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef __u16 __le16, __be16, __sum16;
typedef __u32 __le32, __be32, __wsum;
typedef __u64 __le64, __be64;
)";

constexpr const char *kSocket = R"(#pragma once
typedef unsigned short sa_family_t;
struct sockaddr { sa_family_t sa_family; char sa_data[14]; };
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_LOCAL 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_VSOCK 40
#define AF_XDP 44
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
)";

constexpr const char *kInternet = R"(#pragma once
#include <sys/socket.h>
typedef unsigned int in_addr_t;
typedef unsigned short in_port_t;
struct in_addr { in_addr_t s_addr; };
struct in6_addr {
  union { unsigned char __u6_addr8[16]; unsigned short __u6_addr16[8]; unsigned int __u6_addr32[4]; } __in6_u;
};
#define s6_addr __in6_u.__u6_addr8
struct sockaddr_in { sa_family_t sin_family; in_port_t sin_port; struct in_addr sin_addr; unsigned char sin_zero[8]; };
struct sockaddr_in6 {
  sa_family_t sin6_family; in_port_t sin6_port; unsigned int sin6_flowinfo; struct in6_addr sin6_addr;
  unsigned int sin6_scope_id;
};
#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
)";

}  // namespace

std::vector<VirtualFile> stand_in_headers() {
  std::string folder = std::string(kStandInFolder) + "/", kernel = std::string(kKernelForUserFolder) + "/";
  return {
      {folder + "stddef.h", kStddef},
      {folder + "stdbool.h", kStdbool},
      {folder + "stdarg.h", kStdarg},
      {folder + "stdint.h", kStdint},
      {folder + "linux/types.h", kLinuxTypes},
      {folder + "sys/socket.h", kSocket},
      {folder + "netinet/in.h", kInternet},
      {folder + "arpa/inet.h", "#include <netinet/in.h>\n"},
      {kernel + "linux/genhd.h", "#include <linux/blkdev.h>\n"},  // merged in 5.18
      {kernel + "sys/types.h", "#include <linux/types.h>\n"},
      {kernel + "stdint.h", "#include <linux/types.h>\n"},
      {kernel + "sys/socket.h", "#include <linux/socket.h>\n"},
      {kernel + "netinet/in.h", "#include <linux/in.h>\n#include <linux/in6.h>\n"},
      {kernel + "arpa/inet.h", "#include <linux/in.h>\n#include <linux/in6.h>\n"},
  };
}

}  // namespace sonde::cdefs
