#!/usr/bin/env bash
# The runtime stands alone: an executable of everything in it links without LLVM, Clang, and the
# compiler's libraries. Needs a release build.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=$SONDE_ROOT/build
archives=()
for name in runtime probes kernel elf image types base; do
    archive=$build/src/$name/libsonde_$name.a
    if [[ -e $archive ]]; then
        archives+=("$archive")
    elif [[ $name != elf ]]; then
        die "$archive is not built"
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main() {}' >"$work/main.cpp"
if ! g++ -no-pie -o "$work/runtime" "$work/main.cpp" \
    -Wl,--whole-archive "${archives[@]}" -Wl,--no-whole-archive \
    "$build/libbpf/usr/lib/x86_64-linux-gnu/libbpf.a" -ldw -lelf -lminizip -liberty -llzma -lbz2 -lz -lzstd -lfmt -lpthread 2>"$work/log"; then
    echo "the runtime needs something beside libbpf, elfutils, compression, the demangler and fmt:"
    tail -n 20 "$work/log"
    exit 1
fi
nm -C "$work/runtime" >"$work/symbols"
if grep -E -m 5 ' (llvm|clang)::' "$work/symbols"; then
    echo "the runtime contains LLVM"
    exit 1
fi
