#!/usr/bin/env bash
# Fetches the newest stock Debian kernel of a series and prepares it for QEMU: prints the folder that
# holds `vmlinux` (an ELF file: it boots through PVH, twice as fast as a bzImage), `initramfs.cpio` and
# `version`.
#
#   fetch_kernel.sh 5.10|6.1|6.12|7.2
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

series=$1
# From 7.2 on Debian's linux-image- is nearly empty: kernel and modules are packages of their own.
case $series in
5.10) suite=bullseye pattern='linux-image-5\.10\.0-[0-9]+-amd64' ;;
6.1) suite=bookworm pattern='linux-image-6\.1\.0-[0-9]+-amd64' ;;
6.12) suite=trixie pattern='linux-image-6\.12\.[0-9.]+\+deb[0-9]+-amd64' ;;
7.2) suite=sid pattern='linux-binary-7\.2\.[0-9.]+\+deb[0-9]+-amd64' ;;
*) die "the lab has no kernel '$series': 5.10, 6.1, 6.12 or 7.2" ;;
esac
target=$SONDE_CACHE/lab/$series

# Whatever follows the compressed kernel in the file is not ours: the decompressors complain of it after
# they have done their work.
extract_vmlinux() {
    local image=$1 output=$2 tool magic offset
    for tool in xz zstd gzip; do
        case $tool in
        xz) magic='\xfd7zXZ\x00' ;;
        zstd) magic='\x28\xb5\x2f\xfd' ;;
        gzip) magic='\x1f\x8b\x08' ;;
        esac
        while read -r offset; do
            tail -c "+$((offset + 1))" "$image" | "$tool" -dc >"$output" 2>/dev/null || true
            [[ $(head -c 4 "$output") == $'\x7fELF' ]] && return 0
        done < <(LC_ALL=C grep -aboP "$magic" "$image" | LC_ALL=C cut -d: -f1)
    done
    die "lab: no compressed ELF kernel in $image"
}

# The modules that mount an ext4 root on virtio-blk, in load order, whatever this kernel has built in.
module_files() {
    local root=$1 version=$2 name
    for name in virtio_pci virtio_blk crc32c_generic crc32c-cryptoapi ext4; do
        modprobe -d "$root" -S "$version" --show-depends "$name" 2>/dev/null | awk '$1 == "insmod" { print $2 }' || true
    done | awk '!seen[$0]++'
}

make_initramfs() {
    local root=$1 version=$2 output=$3 tree=$4 module name count=0
    mkdir -p "$tree"/{bin,modules,proc,sys,dev,root}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    while IFS= read -r module; do
        count=$((count + 1))
        name=$(printf '%s/modules/%02d-%s' "$tree" "$count" "$(basename "$module" | sed 's/\.ko.*//').ko")
        case $module in
        *.xz) xz -dc "$module" >"$name" ;;
        *.zst) zstd -q -dc "$module" >"$name" ;;
        *) cp "$module" "$name" ;;
        esac
    done < <(module_files "$root" "$version")
    [[ $count -gt 0 ]] || die "lab: found no modules for $version"
    (cd "$tree" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$output"
}

prepare() {
    [[ -e $target/version ]] && return
    local package names version work
    package=$("$SONDE_ROOT/tools/suite.sh" newest "$suite" "$pattern")
    [[ -n $package ]] || die "lab: Debian $suite has no package like $pattern"
    version=${package#linux-image-}
    version=${version#linux-binary-}
    names=("$package")
    [[ $package != linux-binary-* ]] || names+=("linux-modules-$version")
    say "lab: fetching Linux $version (Debian $suite) into $target"
    work=$target.partial
    rm -rf "$work" "$target"
    mkdir -p "$work/root"
    "$SONDE_ROOT/tools/suite.sh" fetch "$suite" "$work/debs" "${names[@]}"
    for deb in "$work"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root"
    done
    [[ -d $work/root/lib/modules ]] || ln -sfn usr/lib "$work/root/lib"
    depmod -b "$work/root" "$version" 2>/dev/null
    local image
    image=$(find "$work/root" \( -name "vmlinuz-$version" -o -path "*/$version/vmlinuz" \) -print -quit)
    extract_vmlinux "$image" "$work/vmlinux"
    make_initramfs "$work/root" "$version" "$work/initramfs.cpio" "$work/tree"
    rm -rf "$work/root" "$work/debs" "$work/tree"
    echo "$version" >"$work/version"
    mv -T "$work" "$target"
}

with_lock "kernel-$series" prepare
echo "$target"
