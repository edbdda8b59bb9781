#!/bin/busybox sh
# shellcheck shell=dash
# The initrd: mounts the root file system and hands over to systemd. At a first boot it hands over to the
# systemd of an initramfs, which is the same system with its changes in memory and applies Ignition to the root
# file system (root/usr/libexec/flotilla-test/initramfs beside this file).
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r module; do insmod "/m/$module"; done </order
mkdir /disk /memory
mount -t ext4 /dev/vda /disk || { echo "init: no root file system"; reboot -f; }
if [ -e /disk/boot/ignition.firstboot ]; then
  mount -t tmpfs memory /memory
  mkdir /memory/upper /memory/work
  mount -t overlay -o lowerdir=/disk,upperdir=/memory/upper,workdir=/memory/work initramfs /new
  : >/new/etc/initrd-release
  mount -o move /disk /new/sysroot
  # Without it, systemd recognizes an initramfs only if the file system is in memory.
  export SYSTEMD_IN_INITRD=lenient
  set -- --unit=flotilla-test-initramfs.service
else
  mount -o move /disk /new
  # ostree: programs cannot be written.
  mount --bind /new/usr /new/usr
  mount -o remount,ro,bind /new/usr
fi
umount /sys
umount /proc
exec switch_root /new /usr/lib/systemd/systemd "$@"
