// The kernel's BPF helpers by number (include/uapi/linux/bpf.h; stable ABI).
#pragma once

#include <cstdint>

namespace sonde::codegen {

enum class Helper : uint32_t {
  MapLookupElem = 1,
  MapUpdateElem = 2,
  MapDeleteElem = 3,
  ProbeRead = 4,
  KtimeGetNs = 5,
  TracePrintk = 6,
  GetPrandomU32 = 7,
  GetSmpProcessorId = 8,
  TailCall = 12,
  GetCurrentPidTgid = 14,
  GetCurrentUidGid = 15,
  GetCurrentComm = 16,
  GetStackId = 27,
  GetCurrentTask = 35,
  CurrentTaskUnderCgroup = 37,
  ProbeWriteUser = 36,
  GetNumaNodeId = 42,
  ProbeReadStr = 45,
  GetSocketCookie = 46,
  OverrideReturn = 58,
  GetStack = 67,
  GetCurrentCgroupId = 80,
  SendSignal = 109,
  SkbOutput = 111,
  ProbeReadUser = 112,
  ProbeReadKernel = 113,
  ProbeReadUserStr = 114,
  ProbeReadKernelStr = 115,
  SendSignalThread = 117,
  Jiffies64 = 118,
  GetNsCurrentPidTgid = 120,
  KtimeGetBootNs = 125,
  SeqPrintf = 126,
  RingbufOutput = 130,
  RingbufReserve = 131,
  RingbufSubmit = 132,
  RingbufDiscard = 133,
  RingbufQuery = 134,
  DPath = 147,
  CopyFromUser = 148,
  ForEachMapElem = 164,
  GetCurrentTaskBtf = 158,
  GetFuncIp = 173,
  GetAttachCookie = 174,
  Loop = 181,
  MapLookupPercpuElem = 195,
  KtimeGetTaiNs = 208,
};

// Whether two calls with equal arguments in one run of a program may be one call.
enum class Purity : uint8_t {
  Impure,  // has effects, or memory behind its arguments may change
  PerRun,  // the same for the whole run: pid, cpu, uid, task
};

}  // namespace sonde::codegen
