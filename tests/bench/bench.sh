#!/usr/bin/env bash
# ./dev bench [GROUP | event:ROW]…: sonde's release build beside Debian's bpftrace of three suites, in the same run. Prints what
# it measures and writes it into docs/performance.md, where rows of other groups stay as they are.
#
# event:ROW measures one row of event_rows.cpp; the others of the page stay.
#
# SONDE_BENCH_RUNS (11) sets how often each runs; SONDE_BENCH_PAGE another page, or nothing for none.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

cd "$SONDE_ROOT"
is_root || die "bench: loading BPF programs needs root"
tools/setup.sh build
tools/build.sh release sonde sonde_standalone bench_runs bench_events bench_functions write_table
tests/bench/peers.sh
# Their defaults are below what is measured.
export BPFTRACE_MAX_PROBES=4000 BPFTRACE_MAX_BPF_PROGS=4000
tools=(--tool "sonde=$SONDE_ROOT/build/sonde")
for peer in "$SONDE_CACHE"/peers/bpftrace-*; do
    tools+=(--tool "$(basename "$peer")=$(readlink -f "$peer")")
done
runs=${SONDE_BENCH_RUNS:-11}
page=${SONDE_BENCH_PAGE-docs/performance.md}
records=$(mktemp)
trap 'rm -f "$records"' EXIT

# The commit, and whether the tree differs from it.
version() { git describe --always --dirty --abbrev=10 2>/dev/null || echo unknown; }

machine() {
    local model memory
    model=$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)
    memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
    printf '%s, %s CPUs, %s' "${model:-$(uname -m)}" "$(nproc)" "$memory"
}

# What others did in the minute before, and in the five before that: a run beside others is worth less.
load() { awk '{ printf "%s, %s", $1, $2 }' /proc/loadavg; }

load_before=$(load)
groups=() rows=() some=
wants_events=$([[ $# -gt 0 ]] && echo no || echo yes)
for group; do
    case $group in
    event) wants_events=yes ;;
    event:*)
        wants_events=yes
        rows+=(--row "${group#event:}")
        some+=${some:+ }${group#event:}
        ;;
    *) groups+=("$group") ;;
    esac
done
if [[ $# == 0 || ${#groups[@]} -gt 0 ]]; then
    build/tests/bench_runs --runs "$runs" --records "$records" --functions "$SONDE_ROOT/build/tests/bench_functions" \
        "${tools[@]}" "${groups[@]}"
fi
if [[ $wants_events == yes ]]; then
    build/tests/bench_events --runs "$runs" --records "$records" "${tools[@]}" "${rows[@]}"
fi
if [[ -n $page ]]; then
    build/tests/write_table "$page" "$records" "$(date -u +%F)" "$(machine)" "$load_before" "$(uname -r)" "$(version)" "$runs" \
        ${some:+"event: $some"}
    say "wrote $page"
fi
