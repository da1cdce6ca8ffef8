#!/usr/bin/env bash
# Configures a preset when it was not yet and builds it: build.sh PRESET [TARGET…]
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

preset=${1:-release}
[[ $# == 0 ]] || shift
case $preset in
release)
    directory=$SONDE_ROOT/build
    # The unit tests run with sanitizers, in the dev preset: optimising them would only cost time.
    [[ $# -gt 0 ]] || set -- sonde kernel_tests random_tests baseline_programs compare_baseline bench_functions
    ;;
dev | fuzz) directory=$SONDE_ROOT/build/$preset ;;
*) die "there is no preset '$preset': release, dev or fuzz" ;;
esac
command -v cmake ninja >/dev/null || die "cmake and ninja are needed to build"

cd "$SONDE_ROOT"
log=$SONDE_ROOT/build/log-$preset
mkdir -p "$SONDE_ROOT/build"
if [[ ! -e $directory/build.ninja ]]; then
    say "configuring preset $preset"
    cmake --preset "$preset" >"$log" 2>&1 || {
        cat "$log" >&2
        rm -f "$directory/build.ninja"
        die "cmake could not configure preset $preset"
    }
fi
if [[ $preset == fuzz && $# == 0 ]]; then
    mapfile -t targets < <(ninja -C "$directory" -t targets all | sed -nE 's/^(fuzz_[a-z_]+): phony$/\1/p' | sort -u)
    [[ ${#targets[@]} -gt 0 ]] || die "the fuzz preset has no fuzz_* target"
    set -- "${targets[@]}"
fi
say "building preset $preset"
if [[ -t 1 ]]; then
    exec ninja -C "$directory" -j "${SONDE_JOBS:-$(nproc)}" "$@" >&2
fi
# Not on a terminal: thousands of progress lines hide the one that matters.
ninja -C "$directory" -j "${SONDE_JOBS:-$(nproc)}" "$@" >"$log" 2>&1 || {
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" >&2 || true
    die "the build of preset $preset failed (log: $log)"
}
