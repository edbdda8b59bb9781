/** Units of systemd that a device of Flotilla cannot be without. */

/** Without one of these, no device is set up, reached or updated. */
export const neededUnits: ReadonlySet<string> = new Set(
  (
    "-.mount -.slice NetworkManager.service NetworkManager-wait-online.service basic.target " +
    "boot.mount chronyd.service coreos-ignition-firstboot-complete.service dbus-broker.service " +
    "dbus.service dbus.socket default.target local-fs-pre.target local-fs.target multi-user.target " +
    "network-online.target network-pre.target network.target ostree-finalize-staged.path " +
    "ostree-finalize-staged.service ostree-remount.service paths.target polkit.service " +
    "rpm-ostreed.service slices.target sockets.target sysinit.target system.slice " +
    "systemd-journald.service systemd-journald.socket systemd-logind.service " +
    "systemd-machine-id-commit.service systemd-modules-load.service systemd-remount-fs.service " +
    "systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup.service systemd-udev-trigger.service " +
    "systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service " +
    "systemd-user-sessions.service time-set.target time-sync.target timers.target " +
    "zincati.service"
  ).split(" "),
);

/** Those that Flotilla's parts add. */
const ownUnit = /^(?:(?:flotilla|k3s)[-.@]|chrony-wait[.]service$)/;

/** In the initramfs, where Ignition makes the device. */
const initramfsUnit = /^(?:ignition|coreos|afterburn|ostree|initrd|sysroot|dracut)[-.@]/;

/** Also true for Flotilla's own units, and in the initramfs for those that make the device. */
export function isNeededUnit(name: string, isInitramfs: boolean): boolean {
  if (isInitramfs && initramfsUnit.test(name)) return true;
  return neededUnits.has(name) || ownUnit.test(name);
}
