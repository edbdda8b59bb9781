/**
 * K3s, a single server on each device: its pinned binary, its configuration and its unit.
 *
 * Ignition fetches the binary at the first boot and refuses any bytes but the pinned ones. The API
 * server answers to the name and the address by which the hub knows the device; Secrets are
 * encrypted in its datastore. Pods and services keep K3s' default ranges: nothing routes between
 * devices, so that all of them may have the same.
 *
 * The unit's settings are those that K3s' own installer gives a server (Type=notify and so on).
 * restorecon takes `/usr/local`, a link into /var, for what it is: the policy has the two as one.
 */
import type { ButaneUnit } from "../butane/config.ts";
import { auditArguments, auditPolicy } from "./audit.ts";
import { sayCommand } from "./console.ts";
import { firewallUnit } from "./firewall.ts";
import { releaseUrl } from "./mirror.ts";
import type { Contribution, DeviceContext } from "./part.ts";
import { selinuxStamp, selinuxUnit } from "./selinux.ts";

const binaryPath = "/usr/local/bin/k3s";

/** Where K3s keeps what makes it a server. */
export const k3sFolder = "/var/lib/rancher/k3s/server";

const unit: ButaneUnit = {
  name: "k3s.service",
  enabled: true,
  contents: `[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
Requires=${firewallUnit}
After=network-online.target time-sync.target ${firewallUnit} ${selinuxUnit}
ConditionPathExists=${selinuxStamp}

[Service]
Type=notify
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
# Ignition wrote the binary before the policy was there: now it gets its label.
ExecStartPre=/usr/sbin/restorecon -R -i ${binaryPath} /var/lib/rancher
ExecStart=${binaryPath} server
ExecStartPost=-${sayCommand} "K3s is up."
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
`,
};

export function k3s(context: DeviceContext): Contribution {
  const { fleet, device, secrets } = context;
  const binary = fleet.pins.k3s.binary[device.profile.architecture];
  const configuration = {
    token: secrets.k3sToken,
    "node-name": device.name,
    "tls-san": [device.serverName, device.address],
    "write-kubeconfig-mode": "0600",
    "secrets-encryption": true,
    "kube-apiserver-arg": auditArguments(k3sFolder),
    selinux: true,
  };
  return {
    // As K3s makes it where it is absent. Ignition's own would be open to all.
    directories: [{ path: k3sFolder, mode: 0o700 }],
    files: [
      {
        path: "/etc/rancher/k3s/config.yaml",
        mode: 0o600,
        contents: { inline: settingsText(configuration) },
      },
      {
        path: binaryPath,
        mode: 0o755,
        contents: {
          source: releaseUrl(context, binary.url),
          verification: { hash: `sha256-${binary.sha256}` },
        },
      },
      {
        path: `${k3sFolder}/audit.yaml`,
        mode: 0o600,
        contents: { inline: auditPolicy },
      },
    ],
    units: [unit],
  };
}

/** YAML, with every value as JSON, which is YAML too: a name of digits stays a name. */
function settingsText(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}
