/**
 * A device's registration with Argo CD: a cluster Secret that holds no secret. Argo CD proves itself
 * to the device with a short-lived client certificate, which a script on the hub prints.
 *
 * Fields: Argo CD, pkg/apis/application/v1alpha1/types.go, ClusterConfig; design/operation.md.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Device } from "../../fleet/model/fleet.ts";
import {
  architectureLabel,
  argoNamespace,
  deviceLabel,
  deviceServer,
  imageAnnotation,
  profileLabel,
  ringLabel,
  secretTypeLabel,
  siteLabel,
} from "../../fleet/model/contract.ts";
import { credentialCommand } from "./identity.ts";

export interface RegistrationProps {
  readonly device: Device;
  /** The fleet's root certificate, PEM: every device's server certificate leads to it. */
  readonly rootCertificate: string;
  /** URL of the proxy on the way to the device, or null where it is reached directly. */
  readonly proxyUrl: string | null;
  /** A fingerprint of what the device's image holds. @default none is written */
  readonly imageDigest?: string | undefined;
  /** Labels that follow from its site. @default none */
  readonly siteLabels?: Readonly<Record<string, string>>;
}

export class Registration extends Construct {
  constructor(scope: Construct, id: string, props: RegistrationProps) {
    super(scope, id);
    const { device, imageDigest } = props;
    new ApiObject(this, "secret", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: device.name,
        namespace: argoNamespace,
        labels: {
          ...registrationLabels(device),
          ...props.siteLabels,
          [secretTypeLabel]: "cluster",
        },
        // For `flotilla plan`; Argo CD makes nothing of it.
        ...(imageDigest !== undefined && { annotations: { [imageAnnotation]: imageDigest } }),
      },
      type: "Opaque",
      stringData: {
        name: device.name,
        server: deviceServer(device.address),
        config: `${JSON.stringify(connection(props), undefined, 2)}\n`,
      },
    });
  }
}

/** The labels by which a device is selected: the operator's own, and what it is. */
export function registrationLabels(device: Device): Readonly<Record<string, string>> {
  return {
    ...device.labels,
    [deviceLabel]: device.name,
    [siteLabel]: device.site.name,
    [ringLabel]: device.ring,
    [profileLabel]: device.profile.name,
    [architectureLabel]: device.profile.architecture,
  };
}

/** Argo CD's ClusterConfig. The keys are written in this order. */
function connection(props: RegistrationProps): Record<string, unknown> {
  const { device, rootCertificate, proxyUrl } = props;
  return {
    ...(proxyUrl === null ? {} : { proxyUrl }),
    tlsClientConfig: {
      serverName: device.serverName,
      caData: Buffer.from(rootCertificate).toString("base64"),
    },
    execProviderConfig: credentialCommand,
  };
}
