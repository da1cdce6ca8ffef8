#!/usr/bin/env bash
# ./dev test [SUITE…]: builds what the suites need, runs them all whatever fails, and closes with one line
# "N passed, N failed, N skipped" that counts the single tests of every suite.
#
# On two cores a guest kernel keeps one busy. So guests boot, one after the other, while the sanitizer and
# fuzzing builds compile; when these are done, the rest of the guests goes two at a time.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tools=$SONDE_ROOT/tools
results=$SONDE_ROOT/build/results
all_suites=(check unit golden kernel baseline lab fuzz)
kernels=(5.10 6.1 6.12 7.2)

# Takes as long as one lets it, so it runs only when named.
known_suites=("${all_suites[@]}" soak)

[[ $# -gt 0 ]] || set -- "${all_suites[@]}"
declare -A wanted=()
for suite; do
    [[ " ${known_suites[*]} " == *" $suite "* ]] || die "there is no suite '$suite': ${known_suites[*]}"
    wanted[$suite]=1
done
wants() { [[ -n ${wanted[$1]:-} ]]; }

cd "$SONDE_ROOT"
rm -rf "$results"
mkdir -p "$results"
started=$(date +%s)

record() { printf '%s\t%s\t%s\n' "$2" "$3" "${4:-}" >>"$results/$1.tsv"; }

report() {
    local suite=$1
    [[ -e $results/$suite.tsv ]] || return 0
    awk -F '\t' -v suite="$suite" -v seconds="$(($(date +%s) - started))" '
        { count[$1]++ }
        END { printf "==> [%4d s] %s: %d passed, %d failed, %d skipped\n", seconds, suite, count["pass"], count["fail"], count["skip"] }
    ' "$results/$suite.tsv" >&2
}

# Builds a preset; a build that fails is one failed test, and false.
build() {
    "$tools/build.sh" "$@" || {
        record build fail "build.$1" "see build/log-$1"
        return 1
    }
}

# Where a program of that name was built below a folder.
built() {
    local found
    found=$(find "$1" -name "$2" -type f -perm -u+x -print -quit 2>/dev/null)
    echo "${found:-$1/$2}"
}

# run_gtest SUITE PROGRAM ARGS…
run_gtest() {
    local suite=$1 status=0
    shift
    if [[ ! -x $1 ]]; then
        record "$suite" fail "$suite.(all)" "$1 was not built"
        return 0
    fi
    timeout -k 10 "${SONDE_SUITE_SECONDS:-900}" "$@" </dev/null >"$results/$suite.log" 2>&1 || status=$?
    gtest_results "$suite" "$status"
}

gtest_results() {
    LC_ALL=C awk -v prefix="$1" -v status="$2" -v failures="$results/$1.failures" -f "$tools/gtest_results.awk" \
        "$results/$1.log" >>"$results/$1.tsv"
    report "$1"
}

run_check() {
    local what
    for what in includes scripts format; do
        if "$tools/check.sh" "$what" >"$results/check-$what.log" 2>&1; then
            record check pass "check.$what"
        else
            record check fail "check.$what" "./dev check $what"
            cat "$results/check-$what.log" >>"$results/check.failures"
        fi
    done
}

run_runtime_link() {
    if "$tools/check_runtime_link.sh" >"$results/check-link.log" 2>&1; then
        record check pass check.runtime_link
    else
        record check fail check.runtime_link "the runtime does not link alone"
        cat "$results/check-link.log" >>"$results/check.failures"
    fi
}

# Fuzzers start from what earlier runs found and from every script in the tree.
run_fuzz() {
    local target name corpus status dictionary='' seconds=${SONDE_FUZZ_SECONDS:-60} found=0
    [[ ! -e tests/fuzz/language.dict ]] || dictionary=tests/fuzz/language.dict
    mkdir -p build/fuzz/seeds
    find examples tests -type f \( -name '*.bt' -o -path 'tests/fuzz/corpus/*' \) -print0 |
        xargs -0 -r cp --parents -t build/fuzz/seeds
    while IFS= read -r target; do
        found=1
        name=$(basename "$target")
        corpus=$SONDE_CACHE/corpus/$name
        mkdir -p "$corpus"
        status=0
        "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=4096 -print_final_stats=1 \
            -artifact_prefix="$results/$name-" ${dictionary:+-dict="$dictionary"} "$corpus" build/fuzz/seeds </dev/null >"$results/$name.log" 2>&1 || status=$?
        if [[ $status == 0 ]]; then
            record fuzz pass "fuzz.$name"
        else
            record fuzz fail "fuzz.$name" "input that fails: $(find "$results" -name "$name-*" ! -name '*.log' -print -quit)"
            tail -n 40 "$results/$name.log" >>"$results/fuzz.failures"
        fi
    done < <(find build/fuzz/tests -name 'fuzz_*' -type f -perm -u+x | sort)
    [[ $found == 1 ]] || record fuzz fail "fuzz.(all)" "no fuzz target was built"
    report fuzz
}

# The whole kernel suite in one boot of a stock kernel; with a filter, only the kernel tests of that name.
run_in_guest() {
    local kernel=$1 suite=$2 filter=${3:-} random='build/tests/random_tests || status=$?' status=0
    [[ -z $filter ]] || random=''
    nice tests/lab/boot.sh "$kernel" build/lab/root.img "${SONDE_LAB_SECONDS:-1800}" "$results/$suite.console" \
        >"$results/$suite.log" 2>"$results/$suite.errors" <<SCRIPT || status=$?
cd $(printf %q "$SONDE_ROOT")
export PATH=$(printf %q "$SONDE_ROOT/build"):\$PATH SONDE=$(printf %q "$SONDE_ROOT/build/sonde")
export SONDE_LAB=$kernel SONDE_TEST_SECONDS=180 SONDE_RANDOM_SECONDS=60 SONDE_RANDOM_SCRIPTS=60
build/tests/kernel_tests ${filter:+--gtest_filter=$filter} || status=\$?
$random
exit \${status:-0}
SCRIPT
    cat "$results/$suite.errors" >>"$results/$suite.log"
    if ! grep -q '^\[==========\]' "$results/$suite.log"; then
        cat "$results/$suite.errors" >>"$results/$suite.failures"
    fi
    gtest_results "$suite" "$status"
}

# A tool of Debian that no kernel of the lab could load is a failure, unless its line says why that is so. After kernels
# that could not be fetched nothing is known of the tools.
check_tools() {
    ls "$results"/lab-{5.10,6.1,6.12,7.2}.tsv >/dev/null 2>&1 || return 0
    local reasons=tests/kernel/debian_tools_without_a_kernel.txt
    awk -F '\t' '
        FNR == NR { if ($0 !~ /^#/ && NF) { split($0, part, " "); excused[part[1]] = 1 }; next }
        match($2, /DebianToolTest\.loads\/[a-z0-9_]+$/) {
            name = substr($2, RSTART + 21)
            known[name] = 1
            if ($1 != "skip") ran[name] = 1
        }
        END {
            for (name in known)
                if (!(name in ran) && !(name in excused))
                    printf "fail\tlab.debian_tools.%s\tno kernel of the lab could load it, and %s does not say why\n", name, reasons
        }
    ' reasons="$reasons" "$reasons" "$results"/lab-*.tsv >"$results/lab-tools.tsv"
}

make_guest_image() { with_lock lab-image tests/lab/make_image.sh build/lab/root.img >"$results/image.log" 2>&1; }

# Boots of the lab, a line each: the suite, its kernel, its CPUs, and which of the kernel tests (empty: all, and the
# random programs). Guests have one CPU, which is quicker here; what switches CPUs off and on needs a second one.
list_guests() {
    local kernel
    for kernel in "${kernels[@]}"; do
        printf 'lab-%s\t%s\t1\t\n' "$kernel" "$kernel"
    done
    printf 'lab-6.12-cpus\t6.12\t2\tCpuFaultsTest.*\n'
}

# The first line of the list, which it then no longer has; false when there is none.
take_guest() {
    local list=$results/guests.list
    [[ -s $list ]] || return 1
    head -n 1 "$list"
    sed -i 1d "$list"
}

# Boots what is left of the list, one after the other. Others may do so at the same time.
run_guests() {
    local guest suite kernel cpus filter
    while guest=$(with_lock guests take_guest); do
        IFS=$'\t' read -r suite kernel cpus filter <<<"$guest"
        if ! with_lock "fetch-$kernel" tests/lab/fetch_kernel.sh "$kernel" >"$results/fetch-$suite.log" 2>&1; then
            record lab skip "$suite.(all)" "the kernel could not be fetched: $(tail -n 1 "$results/fetch-$suite.log")"
            continue
        fi
        SONDE_LAB_CPUS=$cpus run_in_guest "$kernel" "$suite" "$filter"
    done
}

prepare_lab() {
    if ! tools/fetch_debian_tools.sh >"$results/fetch-tools.log" 2>&1; then
        record lab skip lab.debian_tools "they could not be fetched: $(tail -n 1 "$results/fetch-tools.log")"
    fi
    if ! make_guest_image; then
        record lab fail lab.image "see $results/image.log"
        return 0
    fi
    list_guests >"$results/guests.list"
}

# The kernel suite again, of scripts that are built and then run. Left out is what does not run scripts, or takes
# long and has nothing to do with how they came to run.
run_built() {
    local without='CommandLine*:BadInputTest.without_root:*SignalTest*:Build*:Portable*:*Package*:Object*:*DebianTool*:DeletedFile*:*Fault*:Soak*:*Random*'
    # Which ways there are is settled by building.
    without+=':Ways/*:KprobeMechanism*:NoFeature*'
    # Programs that wait for memory cannot look at cgroups, and when they are built nobody knows that they will have to.
    without+=:ScopeTest.a_cgroup_limits_uprobes_too
    # C that relocates fields of the kernel's types can only be run.
    without+=:BpfCTest.fields_of_the_kernel_are_found_where_they_are:BpfCTest.a_header_of_the_kernels_types
    # What the kernel at hand has is known when a script is run; a build wants to be told (docs/built.md).
    without+=':*LanguageTest.prints/what_the_kernel_has'
    # Numbers of types differ between kernels: what is built may not know them.
    without+=':*LanguageTest.prints/numbers_of_types'
    # What is built has no tables to go without.
    without+=:VerifierTest.programs_that_are_too_large_with_tables_go_without
    # Which rights a run needs: the script that builds and runs has none to write its files.
    without+=':Rights*'
    # Which process has the function shows in the run, which then ends with another code.
    without+=:WatchpointTest.functions_that_are_not_there
    (
        SONDE_BUILT=$(mktemp -d)
        export SONDE_BUILT SONDE=$SONDE_ROOT/tests/kernel/build_and_run.sh SONDE_BUILDER=$SONDE_ROOT/build/sonde
        run_gtest built build/tests/kernel_tests "--gtest_filter=-$without"
        rm -rf "$SONDE_BUILT"
    )
}

run_kernel() {
    local why
    if why=$(build/tests/programs/can_load_bpf 2>&1); then
        SONDE_ARM64_BTF=$(tests/lab/fetch_btf.sh 2>"$results/fetch-btf.log") || true
        export SONDE_ARM64_BTF
        run_gtest kernel build/tests/kernel_tests
        run_built
        run_gtest random build/tests/random_tests
    else
        say "this machine refuses BPF ($why): the kernel tests run in a lab kernel"
        if wants lab; then
            record kernel skip "kernel.(all)" "this machine refuses BPF ($why); the lab suite runs the same tests"
        elif make_guest_image; then
            run_in_guest 6.12 kernel
        else
            record kernel fail "kernel.(all)" "see $results/image.log"
        fi
    fi
}

# Figures that do not depend on how fast or how busy the machine is, against those of the tree.
run_baseline() {
    if tests/bench/baseline.sh --results "$results/baseline.verdicts" >"$results/baseline.log" 2>&1; then
        sed 's/\t/\tbaseline./' "$results/baseline.verdicts" >"$results/baseline.tsv"
    else
        record baseline fail "baseline.(all)" "see $results/baseline.log"
        tail -n 20 "$results/baseline.log" >>"$results/baseline.failures"
    fi
    report baseline
}

# The kernel suite's floods, each for ten minutes instead of a moment.
run_soak() {
    export SONDE_SOAK_SECONDS=${SONDE_SOAK_SECONDS:-600}
    SONDE_SUITE_SECONDS=$((SONDE_SOAK_SECONDS * 60)) run_gtest soak build/tests/kernel_tests '--gtest_filter=SoakTest.*'
}

summary() {
    printf '\n'
    cat "$results"/*.failures 2>/dev/null || true
    awk -F '\t' '
        $1 == "skip" { skipped[++s] = "skipped: " $2 ": " $3 }
        $1 == "fail" { failed[++f] = "FAILED: " $2 ($3 != "" ? ": " $3 : "") }
        $1 == "pass" { p++ }
        END {
            for (i = 1; i <= s; i++) print skipped[i]
            for (i = 1; i <= f; i++) print failed[i]
            printf "%d passed, %d failed, %d skipped\n", p, f, s
            exit f > 0
        }
    ' "$results"/*.tsv
}

groups=(build check)
if wants lab || wants kernel; then
    groups+=(lab programs)
fi
"$tools/setup.sh" "${groups[@]}"
mkdir -p "$results"

wants check && run_check
lab=
if wants kernel || wants lab || wants check || wants baseline || wants soak; then
    if build release; then
        wants check && run_runtime_link
        if wants lab; then
            { prepare_lab && run_guests; } &
            lab=$!
        fi
        wants kernel && run_kernel
        wants baseline && run_baseline
        wants soak && run_soak
    fi
fi
wants check && report check
if wants unit || wants golden; then
    if build dev; then
        wants unit && run_gtest unit "$(built build/dev/tests unit_tests)"
        wants golden && run_gtest golden "$(built build/dev/tests golden_tests)"
    fi
fi
if wants fuzz && build fuzz; then
    run_fuzz
fi
if [[ -n $lab ]]; then
    run_guests
    wait "$lab"
    check_tools
fi
say "took $(($(date +%s) - started)) s; logs are in build/results"
summary
