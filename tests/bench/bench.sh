#!/usr/bin/env bash
# ./dev bench [GROUP…]: sonde's release build beside Debian's bpftrace of three suites, in the same run.
# Group event is a program of its own (events.cpp). SONDE_BENCH_RUNS (11) sets how often each runs.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

cd "$SONDE_ROOT"
is_root || die "bench: loading BPF programs needs root"
tools/setup.sh build
tools/build.sh release sonde
tests/bench/peers.sh
mkdir -p build/tests
driver=build/tests/bench
if [[ ! -x $driver || tests/bench/bench.cpp -nt $driver ]]; then
    g++ -std=c++20 -O2 -Wall -Wextra -o "$driver" tests/bench/bench.cpp
fi
if [[ ! -x build/tests/events || tests/bench/events.cpp -nt build/tests/events ]]; then
    g++ -std=c++20 -O2 -Wall -Wextra -o build/tests/events tests/bench/events.cpp
fi
functions=build/tests/functions
if [[ ! -x $functions || tests/bench/bench.sh -nt $functions ]]; then
    {
        seq -f '__attribute__((used, noinline)) void few_%g(void) { __asm__(""); }' 111
        seq -f '__attribute__((used, noinline)) void many_%g(void) { __asm__(""); }' 2000
        echo 'int main(void) { return 0; }'
    } | gcc -O1 -x c -o "$functions" -
fi
# Their defaults are below what is measured.
export BPFTRACE_MAX_PROBES=4000 BPFTRACE_MAX_BPF_PROGS=4000
tools=(--tool "sonde=$SONDE_ROOT/build/sonde")
for peer in "$SONDE_CACHE"/peers/bpftrace-*; do
    tools+=(--tool "$(basename "$peer")=$(readlink -f "$peer")")
done
runs=${SONDE_BENCH_RUNS:-11}
groups=()
wants_events=$([[ $# -gt 0 ]] && echo no || echo yes)
for group; do
    if [[ $group == event ]]; then wants_events=yes; else groups+=("$group"); fi
done
if [[ $# == 0 || ${#groups[@]} -gt 0 ]]; then
    "$driver" --runs "$runs" "${tools[@]}" "${groups[@]}"
fi
if [[ $wants_events == yes ]]; then
    build/tests/events --runs "$runs" "${tools[@]}"
fi
