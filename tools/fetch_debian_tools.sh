#!/usr/bin/env bash
# The tools that Debian's bpftrace packages ship, of three suites, as build/tests/debian_tools/SUITE/NAME.bt:
# scripts that people run, which must run unchanged. Of files that are the same in two suites only the older stays.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folder=$SONDE_ROOT/build/tests/debian_tools
declare -A seen=()

# The package itself is kept in the cache: a fresh clone does not fetch it again.
package() {
    local suite=$1 archives=$SONDE_CACHE/tools/$1
    if ! compgen -G "$archives/bpftrace_*.deb" >/dev/null; then
        say "fetching the tools of Debian $suite's bpftrace into $archives"
        "$SONDE_ROOT/tools/suite.sh" fetch "$suite" "$archives" bpftrace
    fi
    compgen -G "$archives/bpftrace_*.deb" | sort -V | tail -n 1
}

[[ ! -e $folder/.complete ]] || exit 0
rm -rf "$folder"
for suite in bookworm trixie sid; do
    unpacked=$(mktemp -d)
    dpkg-deb --fsys-tarfile "$(with_lock "tools-$suite" package "$suite")" | tar -x -C "$unpacked" --wildcards './usr/sbin/*.bt'
    mkdir -p "$folder/$suite"
    for tool in "$unpacked"/usr/sbin/*.bt; do
        sum=$(sha256sum <"$tool")
        [[ -n ${seen[$sum]:-} ]] || install -m 644 "$tool" "$folder/$suite/"
        seen[$sum]=1
    done
    rm -rf "$unpacked"
done
touch "$folder/.complete"
