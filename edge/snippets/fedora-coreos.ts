/**
 * What an installed Fedora CoreOS looks like before Ignition writes to it: which paths are links, what
 * cannot be written, and which units and files a device of Flotilla needs.
 * Source: the documentation of Fedora CoreOS and of rpm-ostree.
 */
import { posix } from "node:path";

const links: ReadonlyMap<string, string> = new Map([
  ["/bin", "/usr/bin"],
  ["/home", "/var/home"],
  ["/lib", "/usr/lib"],
  ["/lib64", "/usr/lib64"],
  ["/media", "/run/media"],
  ["/mnt", "/var/mnt"],
  ["/opt", "/var/opt"],
  ["/ostree", "/sysroot/ostree"],
  ["/root", "/var/roothome"],
  ["/sbin", "/usr/sbin"],
  ["/srv", "/var/srv"],
  ["/sysroot/ostree/deploy/fedora-coreos/var", "/var"],
  ["/usr/lib64/systemd", "/usr/lib/systemd"],
  ["/usr/local", "/var/usrlocal"],
  ["/usr/tmp", "/var/tmp"],
  ["/var/lock", "/run/lock"],
  ["/var/run", "/run"],
]);

/** The longest chain of links that is followed, as in Linux. */
const followedMax = 40;

/** The path without links: `/var/usrlocal/bin/k3s` for `/usr/local/bin/k3s`. */
export function realPath(path: string): string {
  let real = posix.resolve("/", path);
  for (let followed = 0; followed < followedMax; followed += 1) {
    const link = linkIn(real);
    if (link === undefined) return real;
    real = `${links.get(link) ?? ""}${real.slice(link.length)}`;
  }
  return real;
}

const linkLengthMax = Math.max(...[...links.keys()].map((link) => link.length));

/** The first link of a path: looked for in its start alone, as a path can have thousands of folders. */
function linkIn(path: string): string | undefined {
  for (let end = 0; end >= 0 && end <= linkLengthMax;) {
    end = path.indexOf("/", end + 1);
    const parent = end < 0 ? path : path.slice(0, end);
    if (links.has(parent)) return parent;
  }
  return undefined;
}

/** The folder in `/` that a path is in or is itself. */
export function topFolderOf(path: string): string {
  const end = path.indexOf("/", 1);
  return end < 0 ? path : path.slice(0, end);
}

/** Whether the path itself is a link, in a folder by its real path. */
export function isLinkOfSystem(path: string): boolean {
  const slash = path.lastIndexOf("/");
  return links.has(`${realPath(path.slice(0, slash)).replace(/^\/$/, "")}${path.slice(slash)}`);
}

/** `/a`, `/a/b` of `/a/b/c`; the path itself too if `whole`. */
export function parentsOf(path: string, whole = false): readonly string[] {
  const plain = path.replace(/\/+$/, "");
  const parents: string[] = [];
  for (let end = plain.indexOf("/", 1); end > 0; end = plain.indexOf("/", end + 1)) {
    parents.push(plain.slice(0, end));
  }
  if (plain !== "") parents.push(plain);
  return whole ? parents : parents.slice(0, -1);
}

/** Whether `path` is in the folder, at any depth. */
export function isBelow(path: string, folder: string): boolean {
  if (folder === "/") return path !== "/";
  // Without a text in between: a tree of thousands of files is compared with each path of Flotilla.
  return path[folder.length] === "/" && path.startsWith(folder);
}

/** `/usr` is an image: only `/usr/local` is somewhere else. */
export function isReadOnly(path: string): boolean {
  const real = realPath(path);
  return real === "/usr" || isBelow(real, "/usr");
}

/** All that is in `/`: nothing can be added there. */
export const topFolders: ReadonlySet<string> = new Set(
  "/ /boot /dev /etc /proc /run /sys /sysroot /tmp /usr /var".split(" "),
);

const foldersInEtc: ReadonlySet<string> = new Set(
  (
    "NetworkManager alternatives audit chrony cifs-utils cni containerd containers cron.d " +
    "crypto-policies dbus-1 default depmod.d dnf dracut.conf.d firewalld fonts gnupg gss groff grub.d " +
    "iscsi issue.d kdump kernel keys krb5.conf.d ld.so.conf.d libnl libssh logrotate.d lvm " +
    "modprobe.d modules-load.d motd.d multipath netconfig nftables nvme opt ostree pam.d pkcs11 pki " +
    "polkit-1 profile.d rpc rpm rpm-ostreed samba security selinux skel ssh ssl sssd stalld " +
    "sudoers.d sysconfig sysctl.d systemd sysusers.d terminfo tmpfiles.d toolbox udev vmware-tools " +
    "xdg yum.repos.d zincati"
  ).split(" "),
);

/** `/etc`, `/var`, and the folders that are in them before anything is written. */
export function isFolderOfSystem(real: string): boolean {
  if (topFolders.has(real)) return true;
  const [, top, name = "", ...deeper] = real.split("/");
  if (deeper.length > 0) return foldersDeeper.has(real);
  return top === "etc" ? foldersInEtc.has(name) : top === "var" && foldersInVar.has(name);
}

const foldersInVar: ReadonlySet<string> = new Set(
  "cache db home lib log mnt opt roothome spool srv tmp usrlocal".split(" "),
);

const foldersDeeper: ReadonlySet<string> = new Set([
  "/etc/NetworkManager/conf.d",
  "/etc/NetworkManager/dispatcher.d",
  "/etc/NetworkManager/system-connections",
  "/etc/pki/ca-trust",
  "/etc/ssh/sshd_config.d",
  "/etc/systemd/network",
  "/etc/systemd/system",
  "/etc/systemd/user",
  "/etc/udev/rules.d",
  "/etc/zincati/config.d",
  "/var/home/core",
  "/var/usrlocal/bin",
  "/var/usrlocal/etc",
  "/var/usrlocal/lib",
  "/var/usrlocal/sbin",
  "/var/usrlocal/share",
]);

/** Files that the system, Ignition and Flotilla's parts share. A snippet may not write them whole. */
export const neededPaths: ReadonlySet<string> = new Set([
  "/etc/group",
  "/etc/gshadow",
  "/etc/machine-id",
  "/etc/passwd",
  "/etc/shadow",
  "/etc/systemd/system-preset/20-ignition.preset",
]);

/**
 * Files in `/etc` that the image has, and that Ignition therefore replaces by `overwrite` alone. Not all of
 * them: those that packages of every release have, from what is known of these packages, not from an image.
 */
export const existingFiles: ReadonlySet<string> = new Set(
  (
    "NetworkManager/NetworkManager.conf bashrc chrony.conf hosts login.defs profile protocols " +
    "rpm-ostreed.conf selinux/config services shells ssh/ssh_config ssh/sshd_config sudoers " +
    "sysconfig/nftables.conf"
  )
    .split(" ")
    .map((name) => `/etc/${name}`),
);

/** Where systemd looks for units, by their real paths. Drop-ins of all of them add up. */
export const unitFolders: ReadonlySet<string> = new Set([
  "/etc/systemd/system",
  "/etc/systemd/system.attached",
  "/etc/systemd/system.control",
  "/run/systemd/generator",
  "/run/systemd/generator.early",
  "/run/systemd/generator.late",
  "/run/systemd/system",
  "/run/systemd/system.attached",
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/var/usrlocal/lib/systemd/system",
]);

export const presetFolders: ReadonlySet<string> = new Set([
  "/etc/systemd/system-preset",
  "/run/systemd/system-preset",
  "/var/usrlocal/lib/systemd/system-preset",
]);

/** Programs in them make units before systemd reads any. */
export const generatorFolders: ReadonlySet<string> = new Set([
  "/etc/systemd/system-generators",
  "/etc/systemd/system-environment-generators",
  "/run/systemd/system-generators",
  "/var/usrlocal/lib/systemd/system-generators",
]);
