/**
 * The hub's identity towards the devices: a client certificate of a day, which cert-manager renews,
 * and the script that shows it to Argo CD. The authority's key is placed by `flotilla bootstrap`.
 *
 * Every device trusts this authority for one user and no other (edge/parts/k3s-server.ts). What a device
 * that was broken into sees of the certificate proves nothing at another device.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { argoNamespace, hubAuthoritySecret, hubUser } from "../../fleet/model/contract.ts";
import { argoApiVersion, gitSource, hubServer, syncPolicy } from "./names.ts";
import { identityFolder } from "../../fleet/model/state-layout.ts";

/** Of the certificate in use: `tls.crt` and `tls.key`. */
export const clientSecret = "fleet-client";
const scriptConfigMap = "fleet-credential";

const certManagerVersion = "cert-manager.io/v1";

export interface HubIdentityApplicationProps {
  readonly repository: Fleet["repository"];
}

/**
 * An Application of its own: until cert-manager is there its objects are refused, and it is tried
 * again. In the root Application they would have to wait until all before them is healthy, and a
 * gateway that is not would keep the hub without an identity.
 */
export class HubIdentityApplication extends Construct {
  constructor(scope: Construct, id: string, props: HubIdentityApplicationProps) {
    super(scope, id);
    new ApiObject(this, "application", {
      apiVersion: argoApiVersion,
      kind: "Application",
      metadata: { name: "identity", namespace: argoNamespace },
      spec: {
        project: "hub",
        source: gitSource({ repository: props.repository, path: identityFolder }),
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}

export class HubIdentity extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ApiObject(this, "issuer", {
      apiVersion: certManagerVersion,
      kind: "Issuer",
      metadata: { name: hubAuthoritySecret, namespace: argoNamespace },
      spec: { ca: { secretName: hubAuthoritySecret } },
    });
    new ApiObject(this, "certificate", {
      apiVersion: certManagerVersion,
      kind: "Certificate",
      metadata: { name: clientSecret, namespace: argoNamespace },
      spec: {
        secretName: clientSecret,
        commonName: hubUser,
        usages: ["digital signature", "client auth"],
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        duration: "24h",
        // Twelve hours of trouble with cert-manager, and the fleet is still in reach.
        renewBefore: "12h",
        issuerRef: { name: hubAuthoritySecret, kind: "Issuer", group: "cert-manager.io" },
      },
    });
  }
}

/** Where the script and the certificate are mounted in Argo CD's pods. */
const mountPath = "/flotilla";

/** What the cluster Secrets name as their `execProviderConfig`. */
export const credentialCommand = {
  apiVersion: "client.authentication.k8s.io/v1",
  command: "sh",
  args: [`${mountPath}/credential.sh`],
} as const;

/**
 * What the values of Argo CD's chart need: the script, which goes in with the chart so that no pod
 * waits for it, and the volume of the two components that talk to devices. The certificate is
 * optional: on a new hub Argo CD is what installs cert-manager.
 */
export const credentialObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: scriptConfigMap, namespace: argoNamespace },
  data: { "credential.sh": sourceText("gitops/programs/credential/credential.sh") },
};

const tlsItems = ["tls.crt", "tls.key"].map((key) => ({ key, path: `tls/${key}` }));

export const credentialVolume = {
  volumes: [
    {
      name: "flotilla",
      projected: {
        sources: [
          { configMap: { name: scriptConfigMap } },
          { secret: { name: clientSecret, optional: true, items: tlsItems } },
        ],
      },
    },
  ],
  volumeMounts: [{ name: "flotilla", mountPath, readOnly: true }],
};
