// The providers that provider_table.cpp lists, one function per file.
#pragma once

#include "probes/provider.h"

namespace sonde::probes {

const Provider &begin_provider();
const Provider &end_provider();
const Provider &interval_provider();
const Provider &profile_provider();
const Provider &software_provider();
const Provider &tracepoint_provider();
const Provider &kprobe_provider();
const Provider &kretprobe_provider();
const Provider &uprobe_provider();
const Provider &uretprobe_provider();
const Provider &usdt_provider();
const Provider &hardware_provider();
const Provider &raw_tracepoint_provider();
const Provider &fentry_provider();
const Provider &fexit_provider();
const Provider &self_provider();
const Provider &test_provider();
const Provider &bench_provider();
const Provider &ksyscall_provider();
const Provider &kretsyscall_provider();
const Provider &iter_provider();
const Provider &watchpoint_provider();
const Provider &async_watchpoint_provider();

// Serve targets of `tracepoint` and have no name of their own.
const Provider &syscall_enter_provider();
const Provider &syscall_exit_provider();
const Provider &plain_tracepoint_provider();
// The same of `kprobe` and `kretprobe`.
const Provider &kprobe_session_provider();
const Provider &kretprobe_session_provider();

}  // namespace sonde::probes
