#!/usr/bin/env bash
# Fetches a stock Debian kernel of arm64 and takes the description of its types out of it: prints the file.
#
# That kernel is an uncompressed image, in which the section lies somewhere as it is: a header with its magic number, no
# flags and a length of 24 bytes, then types, then strings.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

suite=bookworm/arm64 pattern='linux-image-6\.1\.0-[0-9]+-cloud-arm64'
target=$SONDE_CACHE/lab/arm64.btf

number_at() { od -A n -t u4 -j "$2" -N 4 "$1" | tr -d ' '; }

extract_types() {
    local image=$1 output=$2 offset types strings
    while read -r offset; do
        types=$(number_at "$image" $((offset + 12)))
        strings=$(number_at "$image" $((offset + 20)))
        ((types > 1000000 && strings > 100000)) || continue
        tail -c "+$((offset + 1))" "$image" | head -c $((24 + types + strings)) >"$output" || true
        return 0
    done < <(LC_ALL=C grep -aboP '\x9f\xeb\x01\x00\x18\x00\x00\x00' "$image" | LC_ALL=C cut -d: -f1)
    die "lab: no types in $image"
}

prepare() {
    [[ -e $target ]] && return
    local package work
    package=$("$SONDE_ROOT/tools/suite.sh" newest "$suite" "$pattern")
    [[ -n $package ]] || die "lab: Debian $suite has no package like $pattern"
    say "lab: fetching $package (Debian $suite)"
    mkdir -p "$SONDE_CACHE/lab"
    work=$(mktemp -d)
    "$SONDE_ROOT/tools/suite.sh" fetch "$suite" "$work" "$package"
    dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work" --wildcards './boot/vmlinuz-*'
    extract_types "$(find "$work/boot" -name 'vmlinuz-*' -print -quit)" "$target.partial"
    rm -rf "$work"
    mv "$target.partial" "$target"
}

with_lock btf-arm64 prepare
echo "$target"
