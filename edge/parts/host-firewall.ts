/**
 * A firewall between the ports of K3s and the local network: the API server answers the tunnel, the
 * device itself and its pods. Everything else (ssh, what workloads publish) stays as it is.
 *
 * The rules have their own table, which is replaced in one transaction, so Kubernetes' rules are never
 * touched: in nftables a packet passes only if every table accepts it. Their first line creates the
 * table if it is missing, so that the second can delete it.
 *
 * Ports: "Inbound Rules for K3s Nodes" and "Local Ports" in K3s' requirements (docs.k3s.io): etcd, the
 * embedded registry, supervisor and containerd, kubelet, kube-proxy and the controllers. The local
 * ones listen on loopback only; the rules name them in case a flag of K3s changes that. Interfaces:
 * those of the device itself, and of pods in K3s' own network (flannel).
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface HostFirewallProps {
  /**
   * Where the hub reaches the API server from: through the tunnel only, or from an address that the
   * device does not know, and then its certificate is what counts. @default "tunnel"
   */
  readonly apiAccess?: "tunnel" | "anywhere";
}

/** K3s starts after it, and not without it. */
export const firewallUnit = "flotilla-firewall.service";

const fileOf = (inline: string): ButaneFile => ({
  path: "/etc/flotilla/firewall.nft",
  mode: 0o644,
  contents: { inline },
});

const rules = {
  tunnel: fileOf(sourceText("edge/parts/host-firewall/tunnel.nft")),
  anywhere: fileOf(sourceText("edge/parts/host-firewall/anywhere.nft")),
} as const;

const unit: ButaneUnit = {
  name: firewallUnit,
  enabled: true,
  contents: sourceText("edge/parts/host-firewall/flotilla-firewall.service"),
};

const schema = z.object({ apiAccess: z.enum(["tunnel", "anywhere"]).optional() });

export class HostFirewall extends Construct {
  constructor(scope: Construct, id: string, props: HostFirewallProps = {}) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    device.addFile(this, rules[props.apiAccess ?? "tunnel"]);
    device.addUnit(this, unit);
  }
}
