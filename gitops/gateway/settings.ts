/** The programs (gitops/programs/) and settings of a gateway's containers. */
import { createHash } from "node:crypto";
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { KubeConfigMap } from "../imports/k8s.ts";
import { programText } from "../programs/bundle.ts";
import { collectorFile } from "./collector.ts";
import { gatewayMetadata } from "./metadata.ts";

export const scriptFile = "tunnel.sh";
export const proxyFile = "squid.conf";

export interface GatewaySettingsProps {
  /** Name of the gateway. */
  readonly name: string;
  /** Addresses of its devices, in CIDR form. */
  readonly devicesRange: string;
  /** Addresses of the hub's pods, in CIDR form. */
  readonly podsRange: string;
  /** Whether devices send telemetry. */
  readonly hasCollector: boolean;
}

/** A ConfigMap with the gateway's name. */
export class GatewaySettings extends Construct {
  /** SHA-256 of the contents: a new one restarts the pod. */
  readonly digest: string;

  constructor(scope: Construct, id: string, props: GatewaySettingsProps) {
    super(scope, id);
    const { name, devicesRange, podsRange, hasCollector } = props;
    const data = {
      [scriptFile]: sourceText("gitops/programs/tunnel/tunnel.sh"),
      "firewall.nft": sourceText("gitops/programs/tunnel/firewall.nft"),
      "metrics.awk": sourceText("gitops/programs/tunnel/metrics.awk"),
      [proxyFile]: sourceText("gitops/programs/proxy/squid.conf"),
      "device-range.txt": `${devicesRange}\n`,
      "pod-range.txt": `${podsRange}\n`,
      ...(hasCollector && { [collectorFile]: programText("collector") }),
    };
    this.digest = createHash("sha256").update(JSON.stringify(data)).digest("hex");
    new KubeConfigMap(this, "config-map", { metadata: gatewayMetadata(name), data });
  }
}
