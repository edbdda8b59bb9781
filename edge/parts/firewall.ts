/**
 * What K3s listens on is closed to the network that the device stands in: the API server answers to
 * the tunnel, the device itself and its pods. Everything else (ssh, what workloads publish) is as it
 * is without this.
 *
 * A table of its own, replaced in one transaction, so that Kubernetes' rules are never touched: in
 * nftables a packet passes only if every table lets it. The first line makes a table that may not be
 * there, so that the second can delete it.
 *
 * Ports: "Inbound Rules for K3s Nodes" and "Local Ports" in K3s' requirements (docs.k3s.io). The
 * local ones are on loopback already; they stand here in case a flag of K3s changes that.
 */
import type { ButaneUnit } from "../butane/config.ts";
import type { Contribution, DeviceContext } from "./part.ts";
import { devicePort, tunnelInterface } from "../../fleet/model/contract.ts";

/** K3s starts after it, and not without it. */
export const firewallUnit = "flotilla-firewall.service";

const rulesFile = "/etc/flotilla/firewall.nft";

/** etcd, the embedded registry, supervisor and containerd, kubelet, kube-proxy and the controllers. */
const closedPorts = "2379-2382, 5001, 6444, 10010, 10248-10250, 10256-10259";
const vxlanPort = 8472;

/** The interfaces of the device itself, and of pods in K3s' own network (flannel). */
const ownInterfaces = `"lo", "cni0", "flannel.1"`;

const unit: ButaneUnit = {
  name: firewallUnit,
  enabled: true,
  contents: `[Unit]
Description=Close the ports of K3s to the local network
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=systemd-modules-load.service local-fs.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${rulesFile}
ExecReload=/usr/sbin/nft --file ${rulesFile}

[Install]
WantedBy=multi-user.target
`,
};

export function firewall({ device }: DeviceContext): Contribution {
  const api =
    device.connectivity === "gateway"
      ? [
          `iifname "${tunnelInterface}" tcp dport ${devicePort} accept`,
          `tcp dport ${devicePort} reject with tcp reset`,
        ]
      : [
          "# The hub comes from an address that is not known here: its certificate is what counts.",
          `tcp dport ${devicePort} accept`,
        ];
  const rules = [
    "type filter hook input priority filter; policy accept;",
    `iifname { ${ownInterfaces} } accept`,
    ...api,
    `tcp dport { ${closedPorts} } reject with tcp reset`,
    `udp dport ${vxlanPort} drop`,
  ];
  const inline = `# Written by flotilla. Never flush the ruleset: the other tables are Kubernetes'.
table inet flotilla
delete table inet flotilla
table inet flotilla {
  chain input {
${rules.map((rule) => `    ${rule}\n`).join("")}  }
}
`;
  return {
    files: [{ path: rulesFile, mode: 0o644, contents: { inline } }],
    units: [unit],
  };
}
