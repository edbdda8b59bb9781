#!/bin/busybox sh
# shellcheck shell=dash
# The initrd: mounts the root file system, applies Ignition there where this is a first boot, as the initramfs
# of Fedora CoreOS does, and hands over to systemd.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r module; do insmod "/m/$module"; done </order
mount -t ext4 /dev/vda /new || { echo "init: no root file system"; reboot -f; }
if [ -e /new/boot/ignition.firstboot ]; then
  echo "init: Ignition begins"
  ip link set eth0 up
  ip address add 192.168.1.9/24 dev eth0
  for folder in dev proc sys; do mount --bind "/$folder" "/new/$folder"; done
  mount --bind /new /new/sysroot
  for stage in fetch files; do
    PATH=/usr/sbin:/usr/bin IGNITION_CONFIG_FILE=/boot/ignition/config.ign /bin/chroot /new /usr/libexec/flotilla-test/ignition --stage "$stage" \
      --platform file --root /sysroot --config-cache /run/ignition.json --state-file /run/ignition.state \
      --neednet /run/ignition.neednet --log-to-stdout >/new/boot/ignition.log 2>&1 || failed=1
    [ -z "${failed:-}" ] || { echo "init: Ignition failed"; tail -n 5 /new/boot/ignition.log; reboot -f; }
  done
  umount /new/sysroot
  for folder in sys proc dev; do umount "/new/$folder"; done
  rm -f /new/run/ignition*
  # As systemd knows a first boot, at which it applies the presets. Fedora CoreOS has no machine-id at first.
  echo uninitialized >/new/etc/machine-id
  ip address flush dev eth0
  ip link set eth0 down
  echo "init: Ignition ended"
fi
# ostree: programs cannot be written.
mount --bind /new/usr /new/usr
mount -o remount,ro,bind /new/usr
umount /sys
umount /proc
exec switch_root /new /usr/lib/systemd/systemd
