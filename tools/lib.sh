# shellcheck shell=bash
# What every script of ./dev shares: where things are, how to say things, how to wait for apt.
# Sourced, never run.

SONDE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SONDE_ROOT

# Downloads live outside the tree so that a fresh clone does not fetch them again.
if [[ -z ${SONDE_CACHE:-} ]]; then
    if [[ $(id -u) == 0 ]]; then
        SONDE_CACHE=/var/cache/sonde
    else
        SONDE_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sonde
    fi
fi
export SONDE_CACHE
export DEBIAN_FRONTEND=noninteractive

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

is_root() { [[ $(id -u) == 0 ]]; }

# Runs a command under a lock of its own in the cache, so that two ./dev at once do not fetch the same thing.
with_lock() {
    local name=$1
    shift
    mkdir -p "$SONDE_CACHE"
    (
        flock 9
        "$@"
    ) 9>"$SONDE_CACHE/.lock-$name"
}
