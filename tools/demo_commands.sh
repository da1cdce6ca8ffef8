#!/usr/bin/env bash
# What ./dev demo shows: each command, then its output.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck disable=SC2016
show() {
    local word line='$'
    for word; do
        case $word in
        *[!A-Za-z0-9_./:=-]*) line+=" '$word'" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '\n%s\n' "$line"
    "$@"
}

sonde=build/sonde
program=build/tests/programs/traced

show $sonde -e 'BEGIN { printf("hello %d\n", 42); exit() }'
show $sonde -e "uprobe:$program:traced_add { printf(\"traced_add(%d, %d)\\n\", arg0, arg1) }
    uretprobe:$program:traced_add { printf(\"  = %d\\n\", retval) }" -c "$program add 3"
if [[ -e /sys/kernel/tracing/events/syscalls ]]; then
    show $sonde -e 'tracepoint:syscalls:sys_enter_openat /pid == cpid/ { printf("%s opens %s\n", comm, str(args.filename)) }' \
        -c "$program open 2 /etc/passwd"
    show $sonde -e 'tracepoint:syscalls:sys_exit_read /pid == cpid && args.ret > 0/ { @bytes = hist(args.ret) }' \
        -c "$program read 12"
fi
show $sonde -e 'profile:hz:99 /pid == cpid/ { @samples[comm] = count() }' -c "$program burn 500"
