/**
 * A device's registration with Argo CD: a cluster Secret without any credential. Argo CD shows the
 * device a short-lived client certificate, which a script on the hub prints (credential.ts).
 *
 * Fields: Argo CD, pkg/apis/application/v1alpha1/types.go, ClusterConfig.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
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
  skipAnnotation,
} from "../../fleet/model/contract.ts";
import type { Device } from "../../fleet/model/device.ts";
import { KubeSecret } from "../imports/k8s.ts";
import { credentialCommand } from "./credential.ts";

export interface RegistrationChartProps {
  /** Name of the device. */
  readonly name: string;
  /** IP address of the device's API server. */
  readonly address: string;
  /** The DNS name in the server's certificate. */
  readonly serverName: string;
  /** The fleet's root certificate, PEM. It signs the authorities of all devices' servers. */
  readonly rootCertificate: string;
  /** By which ApplicationSets select the device; see registrationLabels. */
  readonly labels: Readonly<Record<string, string>>;
  /** URL of the gateway's proxy. @default Argo CD connects directly */
  readonly proxyUrl?: string | undefined;
  /** A fingerprint of what the device's image holds, for `flotilla plan`. @default none */
  readonly imageDigest?: string | undefined;
  /** Number of the pod of Argo CD's controller that compares the device. @default there is one pod */
  readonly shard?: number | undefined;
}

export class RegistrationChart extends Chart {
  constructor(scope: Construct, id: string, props: RegistrationChartProps) {
    super(scope, id);
    const { name, address, labels, imageDigest, proxyUrl, shard } = props;
    const annotations = {
      ...(imageDigest !== undefined && { [imageAnnotation]: imageDigest }),
      // `reconnect` makes Argo CD skip devices that it does not see at a gateway. A device that had a
      // tunnel before may be skipped now, and nobody else would end that.
      ...(proxyUrl === undefined && { [skipAnnotation]: "false" }),
    };
    new KubeSecret(this, "secret", {
      metadata: {
        name,
        namespace: argoNamespace,
        labels: { ...labels, [secretTypeLabel]: "cluster" },
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      type: "Opaque",
      stringData: {
        name,
        server: deviceServer(address),
        config: `${JSON.stringify(clusterConfig(props), undefined, 2)}\n`,
        ...(shard !== undefined && { shard: String(shard) }),
      },
    });
  }
}

/** Labels by which a device is selected: those of the fleet file, and what the device is. */
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
function clusterConfig({ serverName, rootCertificate, proxyUrl }: RegistrationChartProps) {
  return {
    ...(proxyUrl !== undefined && { proxyUrl }),
    tlsClientConfig: {
      serverName,
      caData: Buffer.from(rootCertificate).toString("base64"),
    },
    execProviderConfig: credentialCommand,
  };
}
