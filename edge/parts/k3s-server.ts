/**
 * K3s, a single server on each device: its pinned binary, its configuration and its unit.
 *
 * Ignition fetches the binary at the first boot and refuses bytes with another hash than the pinned
 * one. Secrets are encrypted in K3s' datastore. Nothing routes between devices, so all of them can have
 * the same ranges of pods and services.
 *
 * The unit's settings are those that K3s' own installer gives a server (Type=notify and so on).
 * restorecon handles `/usr/local`, a link into /var, correctly: the policy treats both as one.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneDirectory, ButaneUnit } from "../butane/config.ts";
import { formatAddress, knownRange } from "../../fleet/model/addresses.ts";
import type { K3sNode } from "../../fleet/model/k3s-node.ts";
import { EdgeDevice } from "../device.ts";
import { AuditPolicy } from "./audit-policy.ts";
import { sayCommand } from "./console-messages.ts";
import { fallbackUnit } from "./fallback-route.ts";
import { firewallUnit } from "./host-firewall.ts";
import { jsonPerKey } from "./json-per-key.ts";
import { selinuxUnit } from "./selinux-policy.ts";

export interface K3sServerProps {
  /** A release of K3s, `v1.36.4+k3s1`. */
  readonly release: string;
  /** SHA-256 of its binary for the device's architecture, in lower-case hexadecimal. */
  readonly binarySha256: string;
  /** URL of the binary. @default that of K3s' releases on GitHub */
  readonly binaryUrl?: string;
  /** The cluster token, a secret. */
  readonly token: string;
  /** @default the device's name */
  readonly nodeName?: string;
  /** Names and addresses, besides its own, by which clients verify the API server. @default none */
  readonly tlsSans?: readonly string[];
  /** A file with the authorities of the API server's clients. @default K3s' own `client-ca.crt` */
  readonly clientAuthoritiesFile?: string;
  /** What the fleet file says about the node. @default K3s' own settings */
  readonly node?: K3sNode;
}

/** Where K3s keeps what makes it a server. */
export const k3sFolder = "/var/lib/rancher/k3s/server";

/** The mode with which K3s makes it. Ignition's own would be open to all. */
const directory: ButaneDirectory = { path: k3sFolder, mode: 0o700 };

const unit: ButaneUnit = {
  name: "k3s.service",
  enabled: true,
  contents: sourceText("edge/parts/k3s-server/k3s.service"),
};

/** The names of the binary, by architecture. */
const binaryNames = { x86_64: "k3s", aarch64: "k3s-arm64" } as const;

/** It needs ConsoleMessages, FallbackRoute, HostFirewall and SelinuxPolicy on the same device. */
export class K3sServer extends Construct {
  constructor(scope: Construct, id: string, props: K3sServerProps) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    const { apiServerArguments } = new AuditPolicy(this, "audit-policy");
    const { clientAuthoritiesFile: clients, node = {} } = props;
    const inline = jsonPerKey({
      token: props.token,
      "node-name": props.nodeName ?? device.name,
      "tls-san": props.tlsSans ?? [],
      "write-kubeconfig-mode": "0600",
      "secrets-encryption": true,
      "kube-apiserver-arg": [
        ...apiServerArguments,
        ...(clients === undefined ? [] : [`client-ca-file=${clients}`]),
        ...(node.apiServerArguments ?? []),
      ],
      selinux: true,
      ...nodeSettings(node),
    });
    const releaseUrl = `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(props.release)}`;
    const contents = {
      source: props.binaryUrl ?? `${releaseUrl}/${binaryNames[device.architecture]}`,
      verification: { hash: `sha256-${props.binarySha256}` },
    };
    device.addDirectory(this, directory);
    device.addFile(this, {
      path: "/etc/rancher/k3s/config.yaml",
      mode: 0o600,
      contents: { inline },
    });
    device.addFile(this, { path: "/usr/local/bin/k3s", mode: 0o755, contents });
    device.addUnit(this, unit);
    device.requirePath(this, sayCommand, "ConsoleMessages");
    device.requireUnit(this, fallbackUnit, "FallbackRoute");
    device.requireUnit(this, firewallUnit, "HostFirewall");
    device.requireUnit(this, selinuxUnit, "SelinuxPolicy");
  }
}

/** Keys of K3s' configuration file (docs.k3s.io, `k3s server` and `k3s agent`). */
function nodeSettings(node: K3sNode): Readonly<Record<string, string | readonly string[]>> {
  const { disable = [], nodeLabels = {}, nodeTaints = [], kubeletArguments = [] } = node;
  const labels = Object.entries(nodeLabels).map(([key, value]) => `${key}=${value}`);
  return {
    ...(disable.length > 0 && { disable }),
    ...(labels.length > 0 && { "node-label": labels.toSorted() }),
    ...(nodeTaints.length > 0 && { "node-taint": nodeTaints }),
    ...(node.nodeAddress !== undefined && { "node-ip": node.nodeAddress }),
    ...(node.nodeInterface !== undefined && { "flannel-iface": node.nodeInterface }),
    ...(kubeletArguments.length > 0 && { "kubelet-arg": kubeletArguments }),
    ...(node.podRange !== undefined && { "cluster-cidr": node.podRange }),
    ...(node.serviceRange !== undefined && {
      "service-cidr": node.serviceRange,
      "cluster-dns": formatAddress(knownRange(node.serviceRange).first + dnsAddress),
    }),
  };
}

/** The number of CoreDNS' address among those of the services, as in K3s' default 10.43.0.10. */
const dnsAddress = 10;
