#!/usr/bin/env bash
# Builds the guests' read-only root: an ext4 image with the files under test at the same paths as here, the
# shared libraries that they need, and the programs that tests call.
#
#   make_image.sh OUTPUT
#
# Nothing is done when the image is newer than everything in it.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

output=$1
here=$SONDE_ROOT/tests/lab
files=()
for file in build/sonde build/tests/{kernel_tests,random_tests,programs,debian_tools,portable} examples tools tests/kernel; do
    [[ ! -e $SONDE_ROOT/$file ]] || files+=("$SONDE_ROOT/$file")
done

if [[ -e $output && -z $(find "${files[@]}" "$here" -type f -newer "$output" -print -quit) ]]; then
    exit 0
fi

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{usr/bin,usr/sbin,usr/lib,usr/lib64,lab,proc,sys,dev,tmp,run,etc,var,root}
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$tree/$directory"; done
ln -s /run "$tree/var/run"
ln -s /tmp "$tree/var/tmp"

# A program or library at its own path (below /usr: the links above stand for a merged /usr), and what it links to.
add_file() {
    local file=$1 path
    path=$file
    case $path in
    /bin/* | /sbin/* | /lib/* | /lib64/*) path=/usr$path ;;
    esac
    [[ -e $tree$path ]] || install -D -p "$file" "$tree$path"
}

add_libraries() {
    local file
    while IFS= read -r file; do add_file "$file"; done < <(
        { ldd "$@" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 && $1 !~ /:$/ { print $1 }' | sort -u
    )
}

programs=(bash cat date dd df dirname echo env false head id kill ls mkdir nice od printf ps readelf rm seq setsid sleep sort
    setpriv stat stty tail tee timeout touch tr true uname unshare wc grep sed awk strace bpftool tcpdump)
executables=()
for program in "${programs[@]}"; do
    path=$(type -P "$program") || continue
    add_file "$path"
    # mawk is behind two links.
    resolved=$(readlink -f "$path")
    [[ $resolved == "$path" ]] || add_file "$resolved"
    executables+=("$resolved")
done
busybox=$(type -P busybox)
add_file "$busybox"
for applet in $("$busybox" --list); do
    [[ -e $tree/usr/bin/$applet || -e $tree/usr/sbin/$applet ]] || ln -s "$busybox" "$tree/usr/bin/$applet"
done
ln -sf bash "$tree/usr/bin/sh"

# The tree lies apart and is bound to its own path by the guest: that path may be below /tmp, which is empty there.
mkdir -p "$tree$SONDE_ROOT"
printf '%s\n' "$SONDE_ROOT" >"$tree/lab/tree_path"
for file in "${files[@]}"; do
    folder=$tree/lab/tree/$(dirname "${file#"$SONDE_ROOT/"}")
    mkdir -p "$folder"
    cp -a "$file" "$folder/"
    while IFS= read -r member; do executables+=("$member"); done < <(find "$file" -type f -perm -u+x)
done
# Opened by name: what reads the C of scripts, and libraries that scripts probe.
for library in libclang-19.so.19 libssl.so.3 libcrypto.so.3 libpthread.so.0; do
    # Reads to the end: who stops early kills ldconfig, and pipefail this script.
    path=$(ldconfig -p | awk -v name="$library" '$1 == name && !found++ { print $NF }')
    [[ -n $path ]] || continue
    add_file "$path"
    executables+=("$path")
done
add_libraries "${executables[@]}"
# The headers that scripts include.
dpkg -L libc6-dev linux-libc-dev libclang-common-19-dev | grep -E '^/usr/(include|lib/llvm-19/lib/clang)/.*\.h$' |
    tar -c -h -T - 2>/dev/null | tar -x -C "$tree"

install -m 755 "$here/guest_init.sh" "$tree/lab/init"
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$tree/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
ldconfig -r "$tree" 2>/dev/null || /sbin/ldconfig -r "$tree"

size=$(($(du -sm "$tree" | cut -f1) * 5 / 4 + 16))
mkdir -p "$(dirname "$output")"
rm -f "$output.partial"
mke2fs -q -t ext4 -O ^has_journal -d "$tree" "$output.partial" "${size}M" >/dev/null 2>&1
mv "$output.partial" "$output"
