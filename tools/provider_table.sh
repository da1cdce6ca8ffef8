#!/usr/bin/env bash
# Writes the table "what fires on which kernel" into docs/probes.md, from the output of kernel tests on this machine and
# in the lab's kernels:
#
#   tools/provider_table.sh LOG...      logs of kernel_tests, one for each kernel, oldest first
#   tools/provider_table.sh             runs the tests everywhere first
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$SONDE_ROOT"

tests='build/tests/kernel_tests --gtest_filter=*ProviderTable*'
if [[ $# == 0 ]]; then
    logs=$SONDE_ROOT/build/results
    mkdir -p "$logs"
    for kernel in 5.10 6.1 6.12 7.2; do
        ./dev lab "$kernel" -- "SONDE_TEST_SECONDS=60 $tests" >"$logs/providers-$kernel.log" || true
        set -- "$@" "$logs/providers-$kernel.log"
    done
    $tests >"$logs/providers-here.log" || true
    set -- "$@" "$logs/providers-here.log"
fi

table=$(awk -F ' [|] ' '
/^PROVIDER / {
    kernel = substr($1, 10)
    if (!(kernel in seen)) { seen[kernel] = 1; kernels[++count] = kernel }
    if (!($2 in known)) { known[$2] = 1; providers[++rows] = $2 }
    sub(/\r$/, "", $3)
    cell[$2, kernel] = $3
}
END {
    printf "| |"; for (k = 1; k <= count; k++) printf " %s |", kernels[k]
    printf "\n| --- |"; for (k = 1; k <= count; k++) printf " --- |"
    printf "\n"
    for (r = 1; r <= rows; r++) {
        printf "| %s |", providers[r]
        for (k = 1; k <= count; k++) {
            text = cell[providers[r], kernels[k]]
            if (text == "") text = "not run"
            if (text != "yes" && !(text in number)) { number[text] = ++notes; note[notes] = text }
            printf " %s |", text == "yes" ? "yes" : "no (" number[text] ")"
        }
        printf "\n"
    }
    if (notes) printf "\n"
    for (n = 1; n <= notes; n++) printf "%d. %s\n", n, note[n]
}' "$@")
[[ $table == *yes* ]] || die "provider_table: no results in $*"

awk -v table="$table" '
/^<!-- from tests: kernels -->$/ { print; print table; inside = 1; next }
/^<!-- end -->$/ { inside = 0 }
!inside' docs/probes.md >docs/probes.md.new
mv docs/probes.md.new docs/probes.md
