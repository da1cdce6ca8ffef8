#!/usr/bin/env bash
# Builds one script for other machines, for the oldest kernel that its first line asks for:
#
#   build.sh SONDE SCRIPT PROGRAMS OUTPUT
#
# "// kernel: 5.15" as the first line is --target-kernel; $PROGRAMS stands for the folder of the tests' programs.
# Beside the first of them, the offset that the tests expect to differ.
set -euo pipefail
sonde=$1 script=$2 programs=$3 output=$4

mkdir -p "$(dirname "$output")"
oldest=$(sed -n '1s|^// kernel: ||p' "$script")
sed "s|[$]PROGRAMS|$programs|g" "$script" >"$output.bt"
"$sonde" build "$output.bt" -o "$output" ${oldest:+--target-kernel "$oldest"}
"$sonde" -d asm -e 'BEGIN { exit(offsetof(struct task_struct, pid)) }' |
    sed -n 's/^\tr[0-9] = \([0-9][0-9][0-9]*\)$/\1/p' | sort -n | tail -n 1 >"$(dirname "$output")/offset_of_pid"
