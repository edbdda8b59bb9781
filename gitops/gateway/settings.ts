/** What a gateway's containers run by: the tunnel's script and the proxy's settings. */
import { createHash } from "node:crypto";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { objectMetadata, type GatewayProps } from "./object.ts";
import { proxySettings } from "./proxy.ts";
import { tunnelScript } from "./tunnel.ts";

export const scriptFile = "tunnel.sh";
export const proxyFile = "squid.conf";

export interface SettingsProps extends GatewayProps {
  /** The addresses of the hub's pods, in CIDR form. */
  readonly podsRange: string;
}

/** A ConfigMap of the gateway's own name. */
export class Settings extends Construct {
  /** SHA-256 of all of it: what a pod must be started anew for. */
  readonly digest: string;

  constructor(scope: Construct, id: string, props: SettingsProps) {
    super(scope, id);
    const { gateway, podsRange } = props;
    const data = {
      [scriptFile]: tunnelScript,
      [proxyFile]: proxySettings({ devicesRange: gateway.range, podsRange }),
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
