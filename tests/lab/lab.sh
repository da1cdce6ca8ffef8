#!/usr/bin/env bash
# ./dev lab KERNEL -- COMMAND: runs a command inside a stock kernel, in the same folder as here, with the
# release build and the tests' programs at the same paths. COMMAND's exit status becomes ours.
#
# SONDE_LAB_SECONDS (300), SONDE_LAB_CPUS (1), SONDE_LAB_MEMORY (1024 MiB) bound the guest.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

[[ $# -ge 2 ]] || die "usage: ./dev lab 5.10|6.1|6.12|7.2 -- COMMAND"
kernel=$1
shift
[[ $1 != -- ]] || shift
[[ $# -gt 0 ]] || die "lab: there is no command"

"$SONDE_ROOT/tools/setup.sh" build lab
if [[ ${SONDE_LAB_BUILD:-1} == 1 ]]; then
    "$SONDE_ROOT/tools/build.sh" release
fi
image=$SONDE_ROOT/build/lab/root.img
with_lock lab-image "$SONDE_ROOT/tests/lab/make_image.sh" "$image"
mkdir -p "$SONDE_ROOT/build/lab"
{
    printf 'cd %q\n' "$SONDE_ROOT"
    # shellcheck disable=SC2016
    printf 'export PATH=%q:$PATH SONDE=%q SONDE_LAB=%q\n' "$SONDE_ROOT/build" "$SONDE_ROOT/build/sonde" "$kernel"
    # One word: a line for the shell. Several: a command and its arguments.
    if [[ $# == 1 ]]; then printf '%s\n' "$1"; else printf '%q ' "$@"; fi
} | "$SONDE_ROOT/tests/lab/boot.sh" "$kernel" "$image" "${SONDE_LAB_SECONDS:-300}" "$SONDE_ROOT/build/lab/console-$kernel"
