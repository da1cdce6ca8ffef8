#!/bin/busybox sh
# shellcheck shell=dash
# /lab/init of a guest: makes the file systems that tracing needs, runs /run/command with its output raw on
# the second serial port, and closes with its exit status as the last line there.
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
HOME=/tmp
TERM=dumb
LC_ALL=C
export PATH HOME TERM LC_ALL

mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chmod 1777 /tmp /dev/shm
tree_path=$(cat /lab/tree_path)
[ -d "$tree_path" ] || mkdir -p "$tree_path"
mount --bind /lab/tree "$tree_path"
ln -s /proc/self/fd /dev/fd
ip link set lo up
hostname lab

stty -F /dev/ttyS1 raw -echo
setsid bash /run/command </dev/null >/dev/ttyS1 2>&1
status=$?
printf '\nsonde-lab-exit-status: %d\n' "$status" >/dev/ttyS1
# Both ports drain before the machine is gone.
stty -F /dev/ttyS1 raw
sync
reboot -f
