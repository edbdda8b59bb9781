/**
 * The gateway between the hub and the devices that dial in: for now its namespace and its list of
 * WireGuard peers.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Device, PublicKeys } from "../fleet/model.ts";
import { Namespace } from "./namespace.ts";

export const gatewayNamespace = "flotilla-gateway";

/** The HTTP CONNECT proxy through which Argo CD reaches the devices behind the gateway. */
export const gatewayProxy = `http://gateway.${gatewayNamespace}.svc:3128`;

export class GatewayNamespace extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // A pod that makes a WireGuard interface needs NET_ADMIN, which no lower level allows.
    new Namespace(this, "namespace", { name: gatewayNamespace, podSecurity: "privileged" });
  }
}

export interface PeersProps {
  /** In the order of their names. */
  readonly devices: readonly Device[];
  readonly publicKeys: PublicKeys;
}

export class Peers extends Construct {
  constructor(scope: Construct, id: string, props: PeersProps) {
    super(scope, id);
    new ApiObject(this, "config-map", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "peers", namespace: gatewayNamespace },
      data: { "peers.conf": formatPeers(props) },
    });
  }
}

/**
 * The `[Peer]` sections of a `wg syncconf` file (wg(8)), without an `[Interface]`: the private key
 * is the gateway's secret. Kept tight, as a ConfigMap holds at most 1 MiB: some 10,000 devices.
 */
function formatPeers(props: PeersProps): string {
  return props.devices
    .filter((device) => device.connectivity === "gateway")
    .map((device) => {
      const key = props.publicKeys.devices.get(device.name);
      if (key === undefined) throw new Error(`no public key for the device ${device.name}`);
      return `# ${device.name}\n[Peer]\nPublicKey=${key}\nAllowedIPs=${device.address}/32\n`;
    })
    .join("");
}
