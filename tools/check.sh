#!/usr/bin/env bash
# Formatting, lint and the rules of the tree.
#
#   check.sh          all checks; clang-tidy looks at what differs from origin/main (or the last commit)
#   check.sh --fix    reformats the C++ files first
#   check.sh format|scripts|includes|tidy     one of them
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$SONDE_ROOT"

cpp_files() { find src tests -type f \( -name '*.h' -o -name '*.cpp' \) | sort; }

check_format() {
    local status=0 file
    while IFS= read -r file; do
        if ! clang-format "$file" | cmp -s - "$file"; then
            echo "$file: not formatted (./dev check --fix)"
            status=1
        fi
    done < <(cpp_files)
    return "$status"
}

check_scripts() {
    mapfile -t scripts < <(grep -lrE '^#!.*\b(ba)?sh$' dev .ci tools tests examples 2>/dev/null)
    shellcheck -x "${scripts[@]}"
}

check_includes() { tools/check_includes.sh; }

check_tidy() {
    local base changed
    if [[ ! -e build/dev/compile_commands.json ]]; then
        echo "clang-tidy needs the dev build: ./dev build dev"
        return 1
    fi
    base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse -q --verify HEAD~1 || git rev-parse HEAD)
    mapfile -t changed < <(
        { git diff --name-only --diff-filter=d "$base"; git ls-files -o --exclude-standard; } |
            grep -E '^(src|tests)/.*\.cpp$' | sort -u | while IFS= read -r file; do
            grep -q "\"$SONDE_ROOT/$file\"" build/dev/compile_commands.json && echo "$file"
        done
    )
    [[ ${#changed[@]} -gt 0 ]] || return 0
    printf '%s\n' "${changed[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/dev 2>/dev/null
}

if [[ ${1:-} == --fix ]]; then
    cpp_files | xargs -r clang-format -i
    shift
fi
[[ $# -gt 0 ]] || set -- format scripts includes tidy
"$SONDE_ROOT/tools/setup.sh" check
failed=()
for what; do
    case $what in
    format | scripts | includes | tidy) ;;
    *) die "check.sh: there is no check '$what'" ;;
    esac
    # Not in a condition: that would switch -e off inside.
    status=0
    ("check_$what") || status=$?
    [[ $status == 0 ]] || failed+=("$what")
done
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
