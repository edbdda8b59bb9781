/** The stand-ins in a machine that boots, for the table. The folder `root` beside this file has them. */
import type { Row } from "../rows.ts";

const contents: Readonly<Record<string, string>> = {
  "Fedora CoreOS' file system": "Debian 12's, with the links and presets of Fedora CoreOS",
  "the units of Fedora CoreOS' initramfs":
    "one script under systemd; Ignition and its stages are real",
  "rpm-ostree, rpm, ostree": "a list of the layers that were staged and booted",
  restorecon: "looks whether its paths exist",
  Zincati: "sleeps",
  K3s: "a script with its files and flags; kube-apiserver, kine and kubectl are real",
  "coreos-installer and its units": "says how it is called, and writes nothing",
};

export const standIns: readonly Row[] = Object.entries(contents).map(([what, note]) => ({
  what,
  note,
  isStandIn: true,
}));
