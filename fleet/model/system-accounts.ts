/**
 * Users and groups of an installed Fedora CoreOS, before Ignition makes any. Most of them are in
 * /usr/lib/passwd and /usr/lib/group: programs find them there (nss-altfiles), but useradd(8) and its
 * relatives change /etc/passwd and /etc/group only, and fail with the others.
 *
 * Sources: fedora-coreos-config, `manifests/passwd`, `manifests/group` and `etc-group-members` of
 * `manifests/*.yaml`; fedora-coreos-tracker 1955 and ignition 1596; the packages of a release.
 */

/** In /etc/group, so users can be added to them. */
export const changeableGroups: readonly string[] = [
  "adm",
  "docker",
  "root",
  "sudo",
  "systemd-journal",
  "wheel",
];

/** Users that Ignition cannot make and cannot change. */
export function isSystemUser(name: string): boolean {
  return name !== "root" && (systemUsers.has(name) || name.startsWith("systemd-"));
}

/** Names with their IDs; those without an ID get one when the image is built. */
function accounts(text: string): ReadonlyMap<string, readonly [number, string]> {
  return new Map(
    text.split(" ").map((entry, index) => {
      const [name = "", id] = entry.split(":");
      return [name, [id === undefined ? -1 - index : Number(id), name]];
    }),
  );
}

export const systemUsers = accounts(
  "root:0 bin:1 daemon:2 adm:3 lp:4 sync:5 shutdown:6 halt:7 mail:8 operator:11 games:12 ftp:14 " +
    "rpcuser:29 rpc:32 tss:59 tcpdump:72 sshd:74 dbus:81 avahi-autoipd:170 ceph:167 nobody:65534 " +
    "chrony clevis cockpit-ws dnsmasq dockerroot etcd kube nfsnobody polkitd sssd systemd-bus-proxy " +
    "systemd-coredump systemd-network systemd-oom systemd-resolve systemd-timesync zincati",
);

export const systemGroups = accounts(
  "root:0 bin:1 daemon:2 sys:3 adm:4 tty:5 disk:6 lp:7 mem:8 kmem:9 wheel:10 cdrom:11 mail:12 " +
    "man:15 sudo:16 dialout:18 floppy:19 games:20 rpcuser:29 rpc:32 tape:33 kvm:36 video:39 dip:40 " +
    "ftp:50 lock:54 tss:59 audio:63 tcpdump:72 sshd:74 dbus:81 users:100 input:104 ceph:167 " +
    "avahi-autoipd:170 systemd-journal:190 nobody:65534 cgred chrony clevis cockpit-ws dnsmasq " +
    "docker dockerroot etcd kube nfsnobody polkitd printadmin render sgx ssh_keys sssd systemd-bus-proxy " +
    "systemd-coredump systemd-network systemd-oom systemd-resolve systemd-timesync utempter utmp:22 " +
    "zincati",
);
