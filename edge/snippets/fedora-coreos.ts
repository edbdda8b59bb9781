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
    const link = parentsOf(real, true).find((parent) => links.has(parent));
    if (link === undefined) return real;
    real = `${links.get(link) ?? ""}${real.slice(link.length)}`;
  }
  return real;
}

/** Whether the path itself is a link, in a folder by its real path. */
export function isLinkOfSystem(path: string): boolean {
  const slash = path.lastIndexOf("/");
  return links.has(`${realPath(path.slice(0, slash)).replace(/^\/$/, "")}${path.slice(slash)}`);
}

/** `/a`, `/a/b` of `/a/b/c`; the path itself too if `whole`. */
export function parentsOf(path: string, whole = false): readonly string[] {
  const steps = path.split("/").filter((step) => step !== "");
  const parents = steps.map((_, index) => `/${steps.slice(0, index + 1).join("/")}`);
  return whole ? parents : parents.slice(0, -1);
}

/** Whether `path` is in the folder, at any depth. */
export function isBelow(path: string, folder: string): boolean {
  return folder === "/" ? path !== "/" : path.startsWith(`${folder}/`);
}

/** `/usr` is an image: only `/usr/local` is somewhere else. */
export function isReadOnly(path: string): boolean {
  const real = realPath(path);
  return real === "/usr" || isBelow(real, "/usr");
}

/** Without one of these, no device is set up, reached or updated. */
export const neededUnits: ReadonlySet<string> = new Set(
  (
    "NetworkManager.service NetworkManager-wait-online.service basic.target chronyd.service " +
    "dbus-broker.service dbus.service dbus.socket default.target local-fs.target multi-user.target " +
    "network-online.target network-pre.target network.target paths.target polkit.service " +
    "rpm-ostreed.service sockets.target sysinit.target systemd-journald.service " +
    "systemd-journald.socket systemd-logind.service systemd-machine-id-commit.service " +
    "systemd-modules-load.service systemd-tmpfiles-setup.service systemd-udevd.service " +
    "time-set.target time-sync.target timers.target zincati.service"
  ).split(" "),
);

/** Files that the system, Ignition and Flotilla's parts share. A snippet may not write them whole. */
export const neededPaths: ReadonlySet<string> = new Set([
  "/etc/group",
  "/etc/gshadow",
  "/etc/machine-id",
  "/etc/passwd",
  "/etc/shadow",
  "/etc/systemd/system-preset/20-ignition.preset",
]);

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
