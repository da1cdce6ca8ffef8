#!/usr/bin/env bash
# Puts in place what building and testing need, and says what it does. Quick and silent when nothing is
# missing.
#
#   setup.sh [build] [lab] [check] [programs]      (no argument: all)
#
# As an ordinary user it installs nothing: it says what root would have to do and goes on.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build_packages=(
    cmake ninja-build g++ pkg-config git ccache ca-certificates
    llvm-19-dev clang-19 libclang-19-dev libclang-rt-19-dev lld-19
    flex bison libelf-dev libdw-dev liblzma-dev libbz2-dev libminizip-dev libiberty-dev zlib1g-dev libzstd-dev libcli11-dev libfmt-dev rapidjson-dev
    libgtest-dev libgmock-dev libbenchmark-dev
)
lab_packages=(qemu-system-x86 busybox-static cpio kmod e2fsprogs xz-utils zstd)
# Compilers of programs that tests trace: 140 MB to fetch, 740 MB unpacked.
programs_packages=(golang-go rustc)
check_packages=(clang-format clang-tidy shellcheck bpftool strace jq tcpdump linux-perf valgrind)

missing() {
    local -A installed=()
    local name
    while read -r name; do installed[$name]=1; done < <(
        dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk '$2 == "installed" { print $1 }'
    )
    for name; do [[ -n ${installed[$name]:-} ]] || echo "$name"; done
}

install_packages() {
    local wanted
    mapfile -t wanted < <(missing "$@")
    [[ ${#wanted[@]} -gt 0 ]] || return 0
    if ! is_root; then
        say "missing packages, which only root can install: apt-get install ${wanted[*]}"
        return 0
    fi
    say "installing ${#wanted[@]} Debian packages: ${wanted[*]}"
    local log=$SONDE_CACHE/setup.log
    mkdir -p "$SONDE_CACHE"
    {
        apt-get -q -o DPkg::Lock::Timeout=900 update &&
            apt-get -q -y -o DPkg::Lock::Timeout=900 install --no-install-recommends "${wanted[@]}"
    } >"$log" 2>&1 </dev/null || {
        tail -n 20 "$log" >&2
        die "apt-get failed; its whole output is in $log"
    }
}

# uprobe.multi needs libbpf 1.3; Debian 12 has 1.1, its backports 1.4. It is unpacked, never installed.
unpack_libbpf() {
    local target=$SONDE_ROOT/build/libbpf debs=$SONDE_CACHE/libbpf deb
    [[ -e $target/usr/lib/x86_64-linux-gnu/libbpf.a && -e $target/usr/include/bpf/libbpf.h ]] && return
    if ! compgen -G "$debs/libbpf-dev_*.deb" >/dev/null; then
        say "fetching libbpf 1.4 of bookworm-backports into $debs (the system's libbpf stays)"
        rm -rf "$debs.partial"
        "$SONDE_ROOT/tools/suite.sh" fetch bookworm-backports "$debs.partial" libbpf-dev libbpf1
        mv -T "$debs.partial" "$debs"
    fi
    say "unpacking libbpf into build/libbpf"
    mkdir -p "$target"
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$target"; done
}

mount_tracefs() {
    [[ -d /sys/kernel/tracing && ! -e /sys/kernel/tracing/events ]] || return 0
    if ! is_root; then
        say "tracefs is not mounted or not readable: tracepoints need root and 'mount -t tracefs nodev /sys/kernel/tracing'"
        return 0
    fi
    say "mounting tracefs at /sys/kernel/tracing"
    mount -t tracefs nodev /sys/kernel/tracing ||
        say "this machine does not allow mounting tracefs: tests of tracepoints run in the lab only"
}

command -v dpkg-query >/dev/null || die "the set-up knows Debian 12 only: dpkg is not here"
if [[ $# == 0 ]]; then
    set -- build lab check programs
fi
packages=()
for group; do
    case $group in
    build) packages+=("${build_packages[@]}") ;;
    lab) packages+=("${lab_packages[@]}") ;;
    check) packages+=("${check_packages[@]}") ;;
    programs) packages+=("${programs_packages[@]}") ;;
    *) die "setup.sh: unknown group '$group'" ;;
    esac
done
with_lock setup install_packages "${packages[@]}"
if [[ " $* " == *" build "* ]]; then
    with_lock libbpf unpack_libbpf
    mount_tracefs
fi
