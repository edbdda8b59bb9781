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
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import { sha256 } from "../../fleet/grammar/device-schemas.ts";
import { k3sNode, nodeInterfaceName } from "../../fleet/grammar/k3s-schema.ts";
import { host } from "../../fleet/grammar/machine-schemas.ts";
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import type { Source } from "../../fleet/grammar/source.ts";
import { k3sRelease } from "../../fleet/grammar/upgrade-schemas.ts";
import { ipv4Address, matching, text } from "../../fleet/grammar/value-schemas.ts";
import type { ButaneDirectory, ButaneFile, ButaneUnit } from "../butane/config.ts";
import { formatAddress, knownRange } from "../../fleet/model/addresses.ts";
import { subdomainPattern } from "../../fleet/model/names.ts";
import { k3sRanges, type K3sNode } from "../../fleet/model/k3s-node.ts";
import { k3sNodeMistakes } from "../../fleet/resolve/machine/k3s.ts";
import { mistakeInPath } from "../butane/checks.ts";
import { EdgeDevice } from "../device.ts";
import { downloadUrl, inProps, propsOf, requireProps, secret } from "../props.ts";
import { AuditPolicy } from "./audit-policy.ts";
import { sayCommand } from "./console-messages.ts";
import { fallbackUnit } from "./fallback-route.ts";
import { firewallUnit } from "./host-firewall.ts";
import { jsonPerKey } from "./json-per-key.ts";
import { PodNameServers } from "./pod-name-servers.ts";
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

/**
 * With cgroup v2, containerd's shims take two inotify instances for each pod, and the kubelet up to 50 (k3s-io/k3s#10325,
 * k0sproject/k0s#8113). Beyond the kernel's 128 containers do not start, and a kubelet waits without an error. Other
 * distributions of Kubernetes raise it to the same number.
 */
const inotifyLimit: ButaneFile = {
  path: "/etc/sysctl.d/60-flotilla-inotify.conf",
  mode: 0o644,
  contents: { inline: sourceText("edge/parts/k3s-server/inotify.conf") },
};

/** The names of the binary, by architecture. */
const binaryNames = { x86_64: "k3s", aarch64: "k3s-arm64" } as const;

const nodeName = matching(
  subdomainPattern,
  "a valid name of a node. Write lower-case letters, digits, hyphens and dots.",
);

const filePath = text((value) =>
  mistakeInPath(value) === undefined && !/[,\p{Cc}]/u.test(value)
    ? undefined
    : `${JSON.stringify(value)} is not a valid path. Write an absolute path, like /etc/clients.pem.`,
);

const fields = propsOf(k3sNode);

const schema = z.object({
  release: k3sRelease,
  binarySha256: sha256,
  binaryUrl: downloadUrl.optional(),
  token: secret("line"),
  nodeName: nodeName.optional(),
  tlsSans: z.array(host).optional(),
  clientAuthoritiesFile: filePath.optional(),
  node: z
    .strictObject({
      ...fields,
      nodeAddress: ipv4Address.optional(),
      nodeInterface: nodeInterfaceName.optional(),
      kubeletArguments: argumentsOf(fields.kubeletArguments),
      apiServerArguments: argumentsOf(fields.apiServerArguments),
    })
    .optional(),
});

/** It needs ConsoleMessages, FallbackRoute, HostFirewall and SelinuxPolicy on the same device. */
export class K3sServer extends Construct {
  constructor(scope: Construct, id: string, props: K3sServerProps) {
    super(scope, id);
    requireProps(this, props, schema, (source) => nodeMistakes(source, props.node));
    const device = EdgeDevice.of(this);
    const { apiServerArguments: audit } = new AuditPolicy(this, "audit-policy");
    const { resolvConf } = new PodNameServers(this, "pod-name-servers");
    const { clientAuthoritiesFile: clients, node = {} } = props;
    const inline = jsonPerKey({
      token: props.token,
      "node-name": props.nodeName ?? device.name,
      "tls-san": props.tlsSans ?? [],
      "write-kubeconfig-mode": "0600",
      "secrets-encryption": true,
      "kube-apiserver-arg": [
        ...audit,
        ...(clients === undefined ? [] : [`client-ca-file=${clients}`]),
        ...(node.apiServerArguments ?? []),
      ],
      selinux: true,
      "resolv-conf": resolvConf,
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
    device.addFile(this, inotifyLimit);
    device.addUnit(this, unit);
    device.requirePath(this, sayCommand, "ConsoleMessages");
    device.requireUnit(this, fallbackUnit, "FallbackRoute");
    device.requireUnit(this, firewallUnit, "HostFirewall");
    device.requireUnit(this, selinuxUnit, "SelinuxPolicy");
  }
}

/** `name=value`, by the rules for the name and the value in a fleet file. */
function argumentsOf(known: z.ZodType) {
  const argument = text((written) => {
    const [, name, value] = /^([^=]*)=([^]*)$/.exec(written) ?? [];
    if (name === undefined) {
      return `${JSON.stringify(written)} has no value. Write it with one, like max-pods=60.`;
    }
    const [issue] = known.safeParse({ [name]: value }).error?.issues ?? [];
    return issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message;
  });
  return z.array(argument).optional();
}

/** By the rules for `k3s` of a fleet file. */
function nodeMistakes(source: Source, node: K3sNode = {}): readonly Mistake[] {
  const { disable, nodeTaints, nodeAddress, nodeInterface, followAddress } = node;
  const { podRange, serviceRange } = node;
  if (nodeAddress !== undefined && nodeInterface !== undefined) {
    const message = "nodeAddress excludes nodeInterface. Delete one of them.";
    return [source.mistake(["node", "nodeInterface"], message)];
  }
  return k3sNodeMistakes(
    inProps(
      source,
      {
        ...(disable && { disable: [...disable] }),
        ...(nodeTaints && { nodeTaints: [...nodeTaints] }),
        ...(nodeAddress !== undefined && { nodeAddress }),
        ...(followAddress !== undefined && { followAddress }),
        ...(podRange !== undefined && { podRange }),
        ...(serviceRange !== undefined && { serviceRange }),
      },
      ["node"],
    ),
  );
}

/** Keys of K3s' configuration file (docs.k3s.io, `k3s server` and `k3s agent`). */
function nodeSettings(node: K3sNode): Readonly<Record<string, string | readonly string[]>> {
  const { disable = [], nodeLabels = {}, nodeTaints = [], kubeletArguments = [] } = node;
  const { podRange, serviceRange } = rangesOf(node);
  const labels = Object.entries(nodeLabels).map(([key, value]) => `${key}=${value}`);
  return {
    ...(disable.length > 0 && { disable }),
    ...(labels.length > 0 && { "node-label": labels.toSorted() }),
    ...(nodeTaints.length > 0 && { "node-taint": nodeTaints }),
    ...(node.nodeAddress !== undefined && { "node-ip": node.nodeAddress }),
    ...(node.nodeInterface !== undefined && { "flannel-iface": node.nodeInterface }),
    ...(kubeletArguments.length > 0 && { "kubelet-arg": kubeletArguments }),
    ...(podRange !== undefined && { "cluster-cidr": podRange }),
    ...(serviceRange !== undefined && {
      "service-cidr": serviceRange,
      "cluster-dns": formatAddress(knownRange(serviceRange).first + dnsAddress),
    }),
  };
}

/**
 * Where the node's address is that of an interface, K3s' own ranges depend on what the interface has at the first start:
 * if it has an IPv6 address and waits for DHCP, they are IPv6, for as long as the node exists (pkg/cli/server/server.go,
 * v1.36). With ranges of IPv4, K3s stops instead, and starts again until there is an IPv4 address.
 */
function rangesOf({ nodeInterface, podRange, serviceRange }: K3sNode) {
  if (nodeInterface === undefined) return { podRange, serviceRange };
  const { pods, services } = k3sRanges;
  return { podRange: podRange ?? pods, serviceRange: serviceRange ?? services };
}

/** The number of CoreDNS' address among those of the services, as in K3s' default 10.43.0.10. */
const dnsAddress = 10;
