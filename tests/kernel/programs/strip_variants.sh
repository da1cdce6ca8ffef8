#!/usr/bin/env bash
# Makes stripped copies of a program: PROGRAM_linked, whose debug link names PROGRAM_linked.debug; PROGRAM_mini with
# the symbols of its functions in a compressed section; PROGRAM_bare without any; and PROGRAM_go, which has a section by
# which programs of Go are known.
#
#   strip_variants.sh PROGRAM FOLDER OBJCOPY
set -euo pipefail

program=$1 folder=$2 objcopy=$3
name=$folder/$(basename "$program")

"$objcopy" --only-keep-debug "$program" "${name}_linked.debug"
(cd "$folder" && "$objcopy" --strip-all --remove-section .note.gnu.build-id \
    --add-gnu-debuglink="$(basename "$name")_linked.debug" "$program" "${name}_linked")

"$objcopy" --strip-debug "$program" "${name}_mini.symbols"
xz --force --keep "${name}_mini.symbols"
"$objcopy" --strip-all --add-section .gnu_debugdata="${name}_mini.symbols.xz" "$program" "${name}_mini"
rm "${name}_mini.symbols" "${name}_mini.symbols.xz"

"$objcopy" --strip-all --remove-section .note.gnu.build-id "$program" "${name}_bare"

echo "go1.22" >"${name}_go.section"
"$objcopy" --add-section .go.buildinfo="${name}_go.section" "$program" "${name}_go"
rm "${name}_go.section"
