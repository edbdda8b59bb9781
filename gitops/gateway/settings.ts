/** What a gateway's containers run by: the tunnel's and the collector's script, the proxy's settings. */
import { createHash } from "node:crypto";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { programText } from "../programs/bundle.ts";
import { telemetryPort } from "../../fleet/model/contract.ts";
import { collectorFile } from "./collector.ts";
import { objectMetadata, type GatewayProps } from "./object.ts";
import { proxySettings } from "./proxy.ts";
import { tunnelScript } from "./tunnel.ts";

export const scriptFile = "tunnel.sh";
export const proxyFile = "squid.conf";

export interface SettingsProps extends GatewayProps {
  /** The addresses of the hub's pods, in CIDR form. */
  readonly podsRange: string;
  /** Whether devices send telemetry. */
  readonly collects: boolean;
}

/** A ConfigMap of the gateway's own name. */
export class Settings extends Construct {
  /** SHA-256 of all of it: what a pod must be started anew for. */
  readonly digest: string;

  constructor(scope: Construct, id: string, props: SettingsProps) {
    super(scope, id);
    const { gateway, podsRange, collects } = props;
    const data = {
      [scriptFile]: tunnelScript(collects ? telemetryPort : null),
      [proxyFile]: proxySettings({ devicesRange: gateway.range, podsRange }),
      ...(collects && { [collectorFile]: programText("collector") }),
    };
    this.digest = createHash("sha256").update(JSON.stringify(data)).digest("hex");
    new ApiObject(this, "config-map", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: objectMetadata(gateway),
      data,
    });
  }
}
