#!/bin/busybox sh
# shellcheck shell=dash
# First process of a lab guest: loads the modules for the root disk, mounts it read-only and hands over to
# /lab/init on it. The command to run arrives as /command in a second archive of the initramfs.
bb=/bin/busybox
fail() {
    echo "lab: $*"
    $bb reboot -f
}
$bb mount -t devtmpfs devtmpfs /dev || fail "no devtmpfs"
for module in /modules/*.ko; do
    $bb insmod "$module" || echo "lab: $module was not loaded"
done
tries=0
until [ -b /dev/vda ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "no /dev/vda"
    $bb usleep 50000
done
$bb mount -t ext4 -o ro /dev/vda /root || fail "the root image does not mount"
$bb mount -t tmpfs tmpfs /root/run || fail "no tmpfs"
$bb cp /command /root/run/command
$bb umount /dev
[ -x /root/lab/init ] || fail "the root image has no /lab/init"
exec $bb switch_root /root /lab/init
