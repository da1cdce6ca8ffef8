// Values from the kernel's include/linux and include/net, 4.x to 6.x.
#include "cdefs/kernel_constants.h"

namespace sonde::cdefs {
namespace {

struct KernelConstant {
  const char *name;
  int64_t value;
};

// clang-format off
constexpr KernelConstant kConstants[] = {
    // linux/sched.h
    {"TASK_RUNNING", 0}, {"TASK_INTERRUPTIBLE", 1}, {"TASK_UNINTERRUPTIBLE", 2}, {"TASK_COMM_LEN", 16},
    {"PF_EXITING", 0x4}, {"PF_KTHREAD", 0x200000},
    // linux/socket.h
    {"AF_UNSPEC", 0}, {"AF_UNIX", 1}, {"AF_LOCAL", 1}, {"AF_INET", 2}, {"AF_INET6", 10}, {"AF_NETLINK", 16},
    {"AF_PACKET", 17}, {"AF_VSOCK", 40},
    // linux/fs.h, linux/blk_types.h, linux/kdev_t.h
    {"FMODE_READ", 1}, {"FMODE_WRITE", 2}, {"SECTOR_SHIFT", 9}, {"SECTOR_SIZE", 512}, {"MINORBITS", 20},
    {"MINORMASK", 0xfffff},
    // net/tcp_states.h
    {"TCP_ESTABLISHED", 1}, {"TCP_SYN_SENT", 2}, {"TCP_SYN_RECV", 3}, {"TCP_FIN_WAIT1", 4}, {"TCP_FIN_WAIT2", 5},
    {"TCP_TIME_WAIT", 6}, {"TCP_CLOSE", 7}, {"TCP_CLOSE_WAIT", 8}, {"TCP_LAST_ACK", 9}, {"TCP_LISTEN", 10},
    {"TCP_CLOSING", 11}, {"TCP_NEW_SYN_RECV", 12},
    // linux/time64.h
    {"NSEC_PER_SEC", 1000000000}, {"NSEC_PER_MSEC", 1000000}, {"NSEC_PER_USEC", 1000},
};
// clang-format on

}  // namespace

void add_kernel_constants(const std::optional<std::set<std::string>> &used, Definitions &definitions) {
  for (const KernelConstant &constant : kConstants)
    if ((!used || used->contains(constant.name)) && !definitions.enumerators.contains(constant.name) &&
        !definitions.macro_texts.contains(constant.name))
      definitions.macros.try_emplace(constant.name, constant.value);
}

}  // namespace sonde::cdefs
