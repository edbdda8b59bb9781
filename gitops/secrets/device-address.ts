/**
 * Where the courier finds a device, and by which labels it selects it. The registration with Argo CD
 * says the same, but the courier may not read it. It is in the registration's file.
 */
import { Construct } from "constructs";
import { deviceServer } from "../../fleet/model/contract.ts";
import { KubeConfigMap } from "../imports/k8s.ts";
import { secretsNamespace } from "../programs/courier/settings.ts";

export interface DeviceAddressProps {
  /** Name of the device. */
  readonly name: string;
  /** IP address of the device's API server. */
  readonly address: string;
  /** The DNS name in the server's certificate. */
  readonly serverName: string;
  /** By which workloads select the device; see registrationLabels. */
  readonly labels: Readonly<Record<string, string>>;
  /** URL of the gateway's proxy. @default the courier connects directly */
  readonly proxyUrl?: string | undefined;
}

export class DeviceAddress extends Construct {
  constructor(scope: Construct, id: string, props: DeviceAddressProps) {
    super(scope, id);
    const { name, address, serverName, labels, proxyUrl } = props;
    new KubeConfigMap(this, "address", {
      metadata: { name, namespace: secretsNamespace, labels },
      data: {
        server: deviceServer(address),
        serverName,
        ...(proxyUrl !== undefined && { proxyUrl }),
      },
    });
  }
}
