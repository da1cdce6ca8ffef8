#!/usr/bin/env bash
# ./dev compare: runs every script of scripts.txt under Debian's bpftrace 0.27 and under sonde, as text and as JSON, and
# shows where what they print or return differs. Exit status 1 if something does that is not known to.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

here=$SONDE_ROOT/tests/compare
peer=$SONDE_CACHE/peers/bpftrace-0.27
is_root || die "compare: needs root, as both load programs"
"$SONDE_ROOT/tools/setup.sh" build check
"$SONDE_ROOT/tools/build.sh" release
"$SONDE_ROOT/tests/bench/peers.sh" sid
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A copy of its own: probes of its functions see no other test.
traced=$work/traced
cp "$SONDE_ROOT/build/tests/programs/traced" "$traced" || die "compare: the traced program was not built"

# What a run printed, and its exit status.
run() {
    local program=$1 script=$2 mode=$3 status=0
    local arguments=(-f "$mode" -e "$script" -c "$traced add 3")
    timeout -k 5 60 "$program" "${arguments[@]}" >"$work/out" 2>"$work/err" </dev/null || status=$?
    # Members of objects have no order.
    if [[ $mode != json ]] || ! jq -cS . "$work/out" 2>/dev/null; then
        cat "$work/out"
    fi
    echo "exit status $status"
}

same=0 different=0 known=0
while IFS= read -r line || [[ -n $line ]]; do
    [[ -n $line && $line != \#* ]] || continue
    reason=
    if [[ $line == "differs: "* ]]; then
        reason=${line#differs: }
        line=${reason#* | }
        reason=${reason%% | *}
    fi
    script=${line//%TRACED%/$traced}
    known_before=$known
    for mode in text json; do
        run "$peer" "$script" "$mode" >"$work/theirs"
        cp "$work/err" "$work/their-errors"
        run "$SONDE_ROOT/build/sonde" "$script" "$mode" >"$work/ours"
        if cmp -s "$work/theirs" "$work/ours"; then
            ((same += 1))
        elif [[ -n $reason ]]; then
            ((known += 1))
        else
            ((different += 1))
            printf -- '--- %s: %s\n' "$mode" "$line"
            diff -a "$work/theirs" "$work/ours" | sed -n '1,40p' | sed 's/^</bpftrace </; s/^>/sonde    >/' || true
            grep -a ERROR "$work/their-errors" | sed 's/^/bpftrace: /' || true
            grep -a ERROR "$work/err" | sed 's/^/sonde: /' || true
        fi
    done
    if [[ -n $reason && $known == "$known_before" ]]; then
        ((different += 1))
        printf -- '--- does not differ any more: %s\n' "$line"
    fi
done <"$here/scripts.txt"
echo "==> $same the same, $different different, $known known to differ"
[[ $different == 0 ]]
