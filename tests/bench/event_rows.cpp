// The rows. Their scripts are written so that bpftrace 0.17 takes them too.
#include "event_rows.h"

namespace sonde::bench {
namespace {

constexpr const char *kTable = "its table is searched by instructions of its own, where others call the kernel";
constexpr const char *kSlots = "the thread's slot is found by instructions of its own, where others call the kernel";
constexpr const char *kStack =
    "nearly all of it is the kernel's walk of the stack, whose time the rows say that only ask for one";
constexpr const char *kHash =
    "most of it are an update, two look-ups and a delete in the kernel's hash, as every tool asks for";
constexpr const char *kWholeText =
    "a text beside other parts of a key is cleared, hashed and compared to its end, as others do it, not to its own";

}  // namespace

const std::vector<EventRow> &event_rows() {
  static const std::vector<EventRow> rows = {
      {"count", "uprobe:TARGET { @ = count() }", {"@ = count()"}},
      {"count_by_pid", "uprobe:TARGET { @[pid] = count() }", {"@[pid] = count()"}, "", kTable},
      {"count_by_comm", "uprobe:TARGET { @[comm] = count() }", {"@[comm] = count()"}, "", kTable},
      {"hist", "uprobe:TARGET { @ = hist(arg0) }", {"@ = hist(arg0)"}},
      {"count_by_ustack", "uprobe:TARGET { @[ustack] = count() }", {"@[ustack] = count()"}, kStack, kTable},
      {"count_syscalls",
       "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[args->id] = count() }",
       {"/pid == cpid/ { @[args.id] = count() }"},
       "",
       kTable},
      {"latency",
       "uprobe:TARGET { @start[tid] = nsecs } uretprobe:TARGET { @ = hist(nsecs - @start[tid]); delete(@start[tid]) }",
       {"@start[tid] = nsecs", "hist of the difference, delete"},
       "",
       kSlots},
      {"count_by_three",
       "uprobe:TARGET { @[pid, comm, arg0 & 1023] = count() }",
       {"@[pid, comm, arg0 & 1023] = count()"},
       "",
       kTable},
      {"count_by_str", "uprobe:TARGET { @[str(arg1)] = count() }", {"@[str(arg1)] = count()"}, "", kTable},

      {"printf_numbers", R"(uprobe:TARGET { printf("%d %d %d\n", pid, tid, arg0) })", {"printf of three numbers"}},
      {"printf_str", R"(uprobe:TARGET { printf("%s %s\n", comm, str(arg1)) })", {"printf of comm and str(arg1)"}},
      {"sum", "uprobe:TARGET { @ = sum(arg0) }", {"@ = sum(arg0)"}},
      {"avg_by_cpu", "uprobe:TARGET { @[cpu] = avg(arg0) }", {"@[cpu] = avg(arg0)"}, "", kTable},
      {"min_and_max", "uprobe:TARGET { @a = min(arg0); @b = max(arg0) }", {"min(arg0), max(arg0)"}},
      {"stats_by_tid", "uprobe:TARGET { @[tid] = stats(arg0) }", {"@[tid] = stats(arg0)"}, "", kTable},
      {"lhist", "uprobe:TARGET { @ = lhist(arg0, 0, 100000, 1000) }", {"@ = lhist(arg0, 0, 100000, 1000)"}},
      {"hist_by_comm", "uprobe:TARGET { @[comm] = hist(arg0) }", {"@[comm] = hist(arg0)"}, "", kTable},
      {"count_by_tuple",
       "uprobe:TARGET { @[(pid, arg0 & 15)] = count() }",
       {"@[(pid, arg0 & 15)] = count()"},
       "",
       kTable},
      {"count_by_kstack",
       "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[kstack] = count() }",
       {"/pid == cpid/ { @[kstack] = count() }"},
       kStack,
       kTable},
      {"task_fields",
       "uprobe:TARGET { $task = (struct task_struct *)curtask; @[$task->real_parent->tgid, $task->prio] = count() }",
       {"@[$task->real_parent->tgid, $task->prio]"},
       "",
       kTable},
      {"comm_is_another", R"(uprobe:TARGET /comm == "another"/ { @ = count() })", {R"(/comm == "another"/)"}},
      {"str_is_ours",
       R"(uprobe:TARGET /str(arg1) == "a text of a few words"/ { @ = count() })",
       {R"(/str(arg1) == "a text of a few words"/)"}},
      {"str_begins",
       R"(uprobe:TARGET /strncmp(str(arg1), "a text", 6) == 0/ { @ = count() })",
       {"/strncmp(…, 6) == 0/"}},
      {"set_and_delete",
       "uprobe:TARGET { @a[tid] = arg0; delete(@a[tid]) }",
       {"@a[tid] = arg0; delete(@a[tid])"},
       "",
       kSlots},
      {"keep_str", "uprobe:TARGET { @[tid] = str(arg1) }", {"@[tid] = str(arg1)"}, "", kSlots},
      {"increment_by_key", "uprobe:TARGET { @[arg0 & 63]++; @n++ }", {"@[arg0 & 63]++; @n++"}},
      {"two_maps",
       "uprobe:TARGET { @calls[pid, comm] = count(); @sums[pid, comm] = sum(arg0) }",
       {"two maps by one key"},
       "",
       kTable},
      {"branches",
       "uprobe:TARGET { $x = arg0 * 3 + 1; if ($x % 2 == 0) { @even = count() } else { @odd[$x & 7] = count() } }",
       {"arithmetic, if, else"},
       "",
       kTable},
      {"while_loop",
       "uprobe:TARGET { $i = 0; $s = 0; while ($i < 8) { $s += arg0 >> $i; $i++ } @ = sum($s) }",
       {"while, eight rounds"}},
      {"count_by_probe", "uprobe:TARGET { @[probe] = count() }", {"@[probe] = count()"}, "", kTable},
      {"hist_of_retval", "uretprobe:TARGET { @ = hist(retval) }", {"@ = hist(retval)"}},
      {"syscall_args",
       "tracepoint:syscalls:sys_enter_close /pid == cpid/ { @[args->fd] = count() }",
       {"sys_enter_close, @[args.fd] = count()"},
       "",
       kTable},

      {"chain_of_structs",
       "uprobe:TARGET { $task = (struct task_struct *)curtask; @ = sum($task->mm->arg_start + "
       "$task->nsproxy->uts_ns->ns.inum + $task->signal->nr_threads + $task->group_leader->real_parent->tgid) }",
       {"sum of fields behind six pointers"}},
      {"latency_by_number",
       "uprobe:TARGET { @start[arg0 & 63] = nsecs; @ = hist(nsecs - @start[arg0 & 63]); delete(@start[arg0 & 63]) }",
       {"@start[number], hist, delete"},
       kHash},
      {"enter_and_exit",
       "tracepoint:syscalls:sys_enter_close /pid == cpid/ { @fd[tid] = args->fd } "
       "tracepoint:syscalls:sys_exit_close /@fd[tid]/ { @[comm, args->ret] = count(); delete(@fd[tid]) }",
       {"sys_enter_close, @fd[tid] = args.fd", "sys_exit_close, @[comm, args.ret] = count()"},
       "",
       kSlots},
      {"count_by_comm_and_str",
       "uprobe:TARGET { @[comm, str(arg1)] = count() }",
       {"@[comm, str(arg1)] = count()"},
       kWholeText,
       kTable},

      {"walk_ustack", "uprobe:TARGET { $stack = ustack }", {"ustack alone"}, "", "", /*has_bars=*/false},
      {"walk_kstack",
       "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { $stack = kstack }",
       {"/pid == cpid/ { kstack alone }"},
       "",
       "",
       /*has_bars=*/false},
  };
  return rows;
}

const EventRow &empty_row() {
  static const EventRow row = {"empty", "uprobe:TARGET { if (arg0 < -1) { @ = 1 } }", {"nothing"}};
  return row;
}

std::string with_target(std::string script, const std::string &target) {
  const std::string word = "TARGET";
  for (size_t at; (at = script.find(word)) != std::string::npos;)
    script.replace(at, word.size(), target);
  return script;
}

}  // namespace sonde::bench
