#!/usr/bin/env bash
# Boots a stock kernel on a root image and runs a shell script in it. The script's output appears here as
# it comes; its exit status becomes ours. The console goes to a file.
#
#   boot.sh KERNEL IMAGE SECONDS CONSOLE < SCRIPT
#
# Exit status 124: the time was up; 125: the guest died before the script ended.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

kernel=$1 image=$2 seconds=$3 console=$4
folder=$("$SONDE_ROOT/tests/lab/fetch_kernel.sh" "$kernel")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/command"
install -m 755 "$SONDE_ROOT/tests/lab/initramfs_init.sh" "$work/init"
# The kernel reads archives that follow each other as one initramfs.
{
    cat "$folder/initramfs.cpio"
    (cd "$work" && printf "%s\n" init command | cpio -o -H newc -R 0:0 --quiet)
} >"$work/initramfs"

# Emulated machines sometimes crash while they boot: the emulator's fault, since nothing of ours runs by then. Who got no
# further than that is booted again.
boots=3

# On a busy machine the timer's first ticks come late, and 5.10 takes that for a broken one: no_timer_check.
start_machine() {
    timeout --foreground -k 5 "$seconds" qemu-system-x86_64 \
        -accel tcg,thread=multi -cpu max -machine pc -smp "${SONDE_LAB_CPUS:-1}" -m "${SONDE_LAB_MEMORY:-1024}" \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$folder/vmlinux" -initrd "$work/initramfs" \
        -append "console=ttyS0 loglevel=4 panic=-1 oops=panic mitigations=off no_timer_check" \
        -drive "file=$image,format=raw,if=none,id=root,readonly=on" -device virtio-blk-pci,drive=root \
        -chardev "file,id=console,path=$console" -serial chardev:console \
        -chardev "file,id=output,path=$work/output" -serial chardev:output \
        </dev/null >"$work/qemu.log" 2>&1 &
    machine=$!
}

# Prints what the script writes until QEMU closes the FIFO. The status line, with the empty line before it, is for us
# and not for the reader.
print_output() {
    awk -v mark="sonde-lab-exit-status: " -v status_file="$work/status" -v begun="$work/begun" '
        NR == 1 { print > begun; close(begun) }
        index($0, mark) == 1 { print substr($0, length(mark) + 1) > status_file; next }
        { if (held) print ""; held = 0 }
        $0 == "" { held = 1; next }
        { print; fflush() }
    ' <"$work/output"
}

mkfifo "$work/output"
machine=
trap '[[ -z $machine ]] || kill "$machine" 2>/dev/null || true; rm -rf "$work"' EXIT
for ((boot = 1; boot <= boots; boot++)); do
    machine_status=0
    start_machine
    print_output
    wait "$machine" || machine_status=$?
    machine=
    [[ ! -e $work/begun && $machine_status == 0 ]] || break
    echo "lab: $kernel: boot $boot of $boots ended in the kernel" >&2
done

status=$(cat "$work/status" 2>/dev/null || true)
if [[ -n $status ]]; then
    exit "$status"
fi
if [[ $machine_status == 124 || $machine_status == 137 ]]; then
    echo "lab: $kernel: stopped after $seconds s" >&2
    exit 124
fi
{
    echo "lab: $kernel: the guest ended before the command did; the console's last lines:"
    cat "$work/qemu.log"
    tail -n 15 "$console"
} >&2
exit 125
