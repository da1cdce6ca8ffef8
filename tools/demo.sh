#!/usr/bin/env bash
# ./dev demo: from a fresh machine to a traced program. Where this machine's kernel refuses BPF, the same
# commands run inside a stock kernel.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$SONDE_ROOT"

tools/setup.sh build
tools/build.sh release sonde traced can_load_bpf

if reason=$(build/tests/programs/can_load_bpf); then
    tools/demo_commands.sh
else
    is_root || reason="$reason (sonde needs root)"
    say "this machine does not let us trace: $reason"
    say "the demonstration runs in a stock Debian kernel instead (./dev lab 6.12)"
    tests/lab/lab.sh 6.12 -- tools/demo_commands.sh
fi
