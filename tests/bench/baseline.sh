#!/usr/bin/env bash
# ./dev baseline: counts what does not depend on how busy or how fast the machine is, and compares it with
# tests/bench/baseline.txt. A figure that has grown by more than 5 percent is a failure.
#
#   baseline.sh                  measures and says what differs
#   baseline.sh --update         measures and rewrites the file; its lines of other kernels stay
#   baseline.sh --results FILE   writes "pass|fail|skip TAB NAME TAB REASON" for ./dev test
#
# Instructions that sonde executes are counted by callgrind, BPF instructions by the kernel. What depends on the kernel
# has its version in front, and is skipped on others.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
cd "$SONDE_ROOT"

baseline=tests/bench/baseline.txt
sonde=build/sonde
kernel=linux-$(uname -r | cut -d. -f1-2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/measured" "$work/skipped" "$work/broken"

examples=(cpu_samples execsnoop opens page_faults process_events process_times read_latency read_sizes read_stacks
    syscall_counts syscalls)

skip() { printf '%s\t%s\n' "$1" "$2" >>"$work/skipped"; }

# callgrind NAME STATUS COMMAND…: what the command executes, which has to exit with that status. The C library's code for
# the oldest processors is the same on all of them.
callgrind() {
    local name=$1 expected=$2 log=$work/callgrind.${1//\//.} status=0 count
    shift 2
    env -i PATH="$PATH" GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-RTM,-MOVBE,-BMI2 \
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" </dev/null >/dev/null 2>"$log" || status=$?
    count=$(sed -nE 's/^==[0-9]+== Collected : ([0-9]+)$/\1/p' "$log")
    if [[ $status != "$expected" || -z $count ]]; then
        printf '%s\n' "$name" >>"$work/broken"
        printf '%s: exit status %s\n' "$name" "$status" >&2
        grep -v '^==' "$log" >&2 || true
    else
        printf '%s\t%s\tinstructions executed\n' "$name" "$count" >>"$work/measured"
    fi
}

# As many at a time as there are processors.
start_callgrind() {
    while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do wait -n || true; done
    callgrind "$@" &
}

count_executed() {
    if ! command -v valgrind >/dev/null; then
        skip executed "valgrind is not installed"
        skip "$kernel/executed" "valgrind is not installed"
        return
    fi
    # Without these a kernel is like every other one.
    local plain=(--no-feature 'kprobe_session,uprobe_multi,sleepable_uprobes,attach_cookie')
    start_callgrind executed/version 0 "$sonde" --version
    start_callgrind executed/syntax_error 1 "$sonde" -e 'BEGIN {'
    start_callgrind executed/compile_exit 0 "$sonde" -d image "${plain[@]}" -e 'BEGIN { exit() }'
    start_callgrind executed/compile_latency 0 "$sonde" -d image "${plain[@]}" tests/bench/scripts/latency.bt
    # That compiling takes linear time: four times as much for four times as long a script.
    local count
    for count in 125 500; do
        seq "$count" | awk '{ printf "interval:s:%d { @[%d] = count(); }\n", $1, $1 }' >"$work/probes_$count.bt"
        start_callgrind "executed/compile_${count}_probes" 0 "$sonde" -d image "${plain[@]}" "$work/probes_$count.bt"
    done
    for count in 500 2000; do
        seq "$((count / 2))" |
            awk 'BEGIN { print "BEGIN {" } { printf "printf(\"%d %%s\", comm); @[%d] = pid;\n", $1, $1 } END { print "}" }' \
                >"$work/statements_$count.bt"
        start_callgrind "executed/compile_${count}_statements" 0 "$sonde" -d image "${plain[@]}" "$work/statements_$count.bt"
    done
    if [[ $can_load == no ]]; then
        skip "$kernel/executed" "this machine refuses BPF: $why"
    else
        start_callgrind "$kernel/executed/compile_opens" 0 "$sonde" -d image tests/bench/scripts/opens.bt
        start_callgrind "$kernel/executed/list_tracepoints" 0 "$sonde" -l 'tracepoint:*'
        start_callgrind "$kernel/executed/run_exit" 0 "$sonde" -q -e 'BEGIN { exit() }'
        "$sonde" build -e 'BEGIN { exit() }' -o "$work/built"
        start_callgrind "$kernel/executed/run_exit_built" 0 "$work/built" -q
    fi
    wait
}

count_programs() {
    if [[ $can_load == no ]]; then
        skip "$kernel/bpf" "this machine refuses BPF: $why"
        return
    fi
    # What a script that fails lacks is told by the comparison.
    build/tests/baseline_programs "$sonde" "$SONDE_ROOT/build/tests/bench_functions:few_1" \
        "${examples[@]/#/examples/}" >"$work/programs" || true
    sed "s|^|$kernel/bpf/|" "$work/programs" >>"$work/measured"
}

measure() {
    can_load=yes
    why=$(build/tests/programs/can_load_bpf 2>&1) || can_load=no
    examples=("${examples[@]/%/.bt}")
    count_executed
    count_programs
}

# against verdicts|update
against() {
    build/tests/compare_baseline "$1" "$baseline" "$kernel" "$work/measured" "$work/skipped" "$work/broken"
}

tools/build.sh release sonde sonde_standalone baseline_programs compare_baseline bench_functions can_load_bpf
case ${1:-} in
--update)
    measure
    against update
    git --no-pager diff --stat -- "$baseline" >&2 || true
    ;;
--results)
    measure
    against verdicts >"$2"
    ;;
'')
    measure
    against verdicts >"$work/verdicts"
    awk -F '\t' '{ count[$1]++ } $3 != "" { print $1 ": " $2 ": " $3 }
        END { printf "%d as before or less, %d worse, %d skipped\n", count["pass"], count["fail"], count["skip"]; exit count["fail"] > 0 }' "$work/verdicts"
    ;;
*) die "baseline.sh: unknown argument '$1' (--update rewrites tests/bench/baseline.txt)" ;;
esac
