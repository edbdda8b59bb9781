/**
 * K3s, a single server on each device: its pinned binary, its configuration and its unit.
 *
 * Ignition fetches the binary at the first boot and refuses bytes with another hash than the pinned
 * one. Secrets are encrypted in K3s' datastore. Pods and services keep K3s' default ranges: nothing
 * routes between devices, so all of them can have the same.
 *
 * The unit's settings are those that K3s' own installer gives a server (Type=notify and so on).
 * restorecon handles `/usr/local`, a link into /var, correctly: the policy treats both as one.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneDirectory, ButaneUnit } from "../butane/config.ts";
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
    const { clientAuthoritiesFile: clients } = props;
    const inline = jsonPerKey({
      token: props.token,
      "node-name": props.nodeName ?? device.name,
      "tls-san": props.tlsSans ?? [],
      "write-kubeconfig-mode": "0600",
      "secrets-encryption": true,
      "kube-apiserver-arg": [
        ...apiServerArguments,
        ...(clients === undefined ? [] : [`client-ca-file=${clients}`]),
      ],
      selinux: true,
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
