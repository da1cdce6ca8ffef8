#!/usr/bin/env bash
# Unpacks Debian's bpftrace of three suites, each with its own C library and LLVM, as
# $SONDE_CACHE/peers/bpftrace-VERSION. Prints nothing when they are there.
#
# The loader and the library path are written into the private copy of the program: a wrapper would cost
# the peer time in a benchmark, LD_LIBRARY_PATH would leak into the programs that -c starts, and a program
# started through the loader by hand would not find itself in /proc/self/exe, which 0.17 needs for BEGIN.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

peers=$SONDE_CACHE/peers

need_patchelf() {
    command -v patchelf >/dev/null && return
    is_root || die "peers: patchelf is not installed (as root: apt-get install patchelf)"
    say "installing patchelf, which points the unpacked peers at their own libraries"
    apt-get -q -q -y -o DPkg::Lock::Timeout=600 install patchelf >&2
}

unpack() {
    local suite=$1 root=$peers/root-$1 archives=$peers/debs-$1 deb
    [[ -e $root/.complete ]] && return
    need_patchelf
    say "unpacking Debian $suite's bpftrace and its libraries into $root"
    "$SONDE_ROOT/tools/suite.sh" closure "$suite" "$archives" bpftrace
    rm -rf "$root"
    mkdir -p "$root"
    for deb in "$archives"/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink \
            --exclude='./usr/share/*' --exclude='./var/*' --exclude='./etc/*'
    done
    local loader libraries
    loader=$(find "$root" -name 'ld-linux-x86-64.so.2' -path '*lib*' -print -quit)
    libraries=$(find "$root" -name '*.so*' -printf '%h\n' | grep -vE '/(gconv|ossl-modules|engines-3|security|audit|perl.*)$' |
        sort -u | paste -s -d:)
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$root/usr/bin/bpftrace"
    # A library with a path of its own would not look at the program's.
    local library
    while IFS= read -r library; do
        [[ -z $(patchelf --print-rpath "$library" 2>/dev/null) ]] || patchelf --remove-rpath "$library"
    done < <(find "$root" -type f -name '*.so*')
    local version
    version=$("$root/usr/bin/bpftrace" --version | sed -E 's/^bpftrace v([0-9]+\.[0-9]+).*/\1/')
    ln -sfn "$root/usr/bin/bpftrace" "$peers/bpftrace-$version"
    rm -rf "$archives"
    touch "$root/.complete"
}

mkdir -p "$peers"
if [[ $# == 0 ]]; then
    set -- bookworm trixie sid
fi
for suite; do
    with_lock "peer-$suite" unpack "$suite"
done
