/** The real parts that `make e2e` and `make e2e-boot` need, and the message if one is missing. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { peerPath } from "../peers/peers.ts";
import { argoCdPeers } from "./argo-cd.ts";
import { upgradeControllerPeer } from "./nodes/images.ts";

export interface Parts {
  /** The folders in the cache of `test/peers/build.sh`. */
  readonly peers: readonly string[];
  /** On the PATH. */
  readonly programs: readonly string[];
}

/** What the hub of `world.ts` and its devices need. */
export const worldParts: Parts = {
  peers: [
    ...Object.values(argoCdPeers),
    "cert-manager-1.21.1-2",
    "cert-manager-chart-1.21.1",
    "cert-manager-crds-1.21.1",
    "emulator-debian-12/busybox",
    "helm-4.1.4",
    "kine-0.16.4",
    "kube-router-2.1.0",
    "kubectl-1.35.2",
    "kubernetes-1.36.3-2",
    "kwok-0.8.0",
    "kwok-stages-0.8.0.yaml",
    "node-24.21.0",
    "node-exporter-1.12.1",
    "terraform-mirror/registry.terraform.io/hashicorp/google/6.50.0",
    "terraform-mirror/registry.terraform.io/hashicorp/helm/3.1.1",
    upgradeControllerPeer,
  ],
  programs: (
    "conntrack containerd curl git gpg ip ipset iptables nft nsenter openssl pgrep " +
    "redis-server runc setpriv squid terraform tini unshare wg wireguard-go"
  ).split(" "),
};

/** What a machine that boots and its shop need. */
export const bootParts: Parts = {
  peers: [
    "boot-machine-debian-12-3",
    "emulator-debian-12/busybox",
    "ignition-2.27.0",
    "kubectl-1.35.2",
    "network-manager-debian-12/bin/dnsmasq",
  ],
  programs: ["curl", "git", "ip", "mkfs.ext4", "nft", "qemu-system-x86_64", "setpriv", "tar"],
};

/**
 * Ends the process if one of the names is unknown, after it has listed the known ones.
 *
 * @param kind what has the names: "proof"
 */
export function requireKnown(
  kind: string,
  all: readonly { readonly name: string }[],
  names: readonly string[],
): void {
  const known = all.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const said = `unknown ${kind}: ${unknown.join("; ")}. The ${kind}s: ${known.join("; ")}.`;
  console.error(`FAILED: ${said}`);
  process.exit(2);
}

/** @returns their names; `root` is one */
export function missingParts({ peers, programs }: Parts): readonly string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const isThere = (name: string) => folders.some((one) => existsSync(join(one, name)));
  return [
    ...(process.getuid?.() === 0 ? [] : ["root"]),
    ...peers.filter((name) => peerPath(name) === undefined),
    ...programs.filter((name) => !isThere(name)),
  ];
}

/**
 * Ends the process if a part is missing, after it has printed which one and the command that gets it.
 *
 * @param subject what needs them: "the system in operation"
 * @param groups of `test/peers/build.sh`
 * @param isAllowed whether that is not a failure, as in CI
 */
export function requireParts(
  subject: string,
  groups: string,
  parts: Parts,
  isAllowed: boolean,
): void {
  const missing = missingParts(parts);
  if (missing.length === 0) return;
  const said =
    `${isAllowed ? "SKIPPED" : "FAILED"}: ${subject} needs ${missing.join(", ")}.\n` +
    `As root, test/peers/build.sh ${groups} gets all of it: about 30 minutes on 2 cores.`;
  (isAllowed ? console.log : console.error)(said);
  process.exit(isAllowed ? 0 : 2);
}
