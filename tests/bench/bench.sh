#!/usr/bin/env bash
# ./dev bench [GROUP…]: sonde's release build beside Debian's bpftrace of three suites, in the same run.
# SONDE_BENCH_RUNS (11) sets how often each runs.
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
tools=(--tool "sonde=$SONDE_ROOT/build/sonde")
for peer in "$SONDE_CACHE"/peers/bpftrace-*; do
    tools+=(--tool "$(basename "$peer")=$(readlink -f "$peer")")
done
exec "$driver" --runs "${SONDE_BENCH_RUNS:-11}" "${tools[@]}" "$@"
