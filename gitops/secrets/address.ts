/**
 * Where the courier finds a device, and by which labels it is selected: what the registration with
 * Argo CD says too, in a namespace that the courier may read. It stands in the registration's file.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Device } from "../../fleet/model/fleet.ts";
import { registrationLabels } from "../argocd/registration.ts";
import { secretsNamespace } from "../programs/courier/settings.ts";
import { deviceServer } from "../../fleet/model/contract.ts";

export interface AddressProps {
  readonly device: Device;
  /** URL of the proxy on the way to the device, or null where it is reached directly. */
  readonly proxyUrl: string | null;
}

export class Address extends Construct {
  constructor(scope: Construct, id: string, { device, proxyUrl }: AddressProps) {
    super(scope, id);
    new ApiObject(this, "address", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: device.name,
        namespace: secretsNamespace,
        labels: registrationLabels(device),
      },
      data: {
        server: deviceServer(device.address),
        serverName: device.serverName,
        ...(proxyUrl !== null && { proxyUrl }),
      },
    });
  }
}
