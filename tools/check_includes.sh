#!/usr/bin/env bash
# The direction of dependencies, as docs/architecture.md draws it: which directory of src/ may include
# which, and who may see LLVM, Clang and libbpf. Prints every violation; fails when there is one.
#
#   check_includes.sh [SOURCE_ROOT]
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "${1:-$SONDE_ROOT}"
[[ -d src ]] || die "check_includes: there is no src/ in $PWD"

# shellcheck disable=SC2016
find src -type f -regex '.*\.\(h\|cpp\|c\|l\|ll\|y\|yy\)' -print0 | sort -z | xargs -0 -r awk '
BEGIN {
    allow("base", "")
    allow("types", "base")
    allow("image", "base types")
    allow("elf", "base types")
    allow("kernel", "base types elf")
    allow("probes", "base types image kernel elf")
    allow("runtime", "base types image kernel elf probes")
    allow("runner", "base image kernel runtime")
    allow("ast", "base")
    allow("lexer", "base ast parser")
    allow("parser", "base ast lexer")
    allow("format", "base lexer")
    allow("cdefs", "base types ast")
    allow("sema", "base types image kernel elf probes ast builtins cdefs")
    allow("codegen", "base types image kernel ast sema builtins")
    allow("builtins", "base types image kernel elf probes ast sema codegen")

    only("llvm", "codegen builtins")
    only("llvm-c", "codegen builtins")
    only("clang", "cdefs")
    only("clang-c", "cdefs")
    only("bpf", "runtime kernel probes")
}

function allow(from, list,    names, n, i) {
    known[from] = 1
    n = split(list, names, " ")
    for (i = 1; i <= n; i++) allowed[from, names[i]] = 1
}

function only(library, list,    names, n, i) {
    outside[library] = list
    n = split(list, names, " ")
    for (i = 1; i <= n; i++) allowed[names[i], library] = 1
}

function violation(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}

FNR == 1 {
    n = split(FILENAME, part, "/")
    here = n > 2 ? part[2] : ""
    # The driver and main.cpp put the phases together: they alone may include any directory of src/.
    free = here == "" || here == "driver"
    if (!free && !(here in known)) violation("src/" here " is not in the table of tools/check_includes.sh")
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*/, "", target)
    if (!index(target, "/")) next
    sub(/\/.*/, "", target)
    if (target in outside && !((here, target) in allowed))
        violation(target "/ headers belong in: " outside[target])
    else if (target in known && !free && target != here && !((here, target) in allowed))
        violation("src/" here " must not include " target "/")
    else if (target == "driver" && !free)
        violation("nothing includes driver/")
}

END { exit bad }
'
