/**
 * The hub's identity at the devices: a client certificate with a lifetime of one day, which
 * cert-manager renews. `flotilla bootstrap` places the key of its authority.
 *
 * Every device gives this user every right (edge/parts/hub-enrolment.ts). The authority itself could
 * name any user: whoever has its key is any user at every device, until the hub has its next generation.
 * What a compromised device sees of the certificate is of no use at another device.
 */
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { argoNamespace, hubAuthoritySecret, hubUser } from "../../fleet/model/contract.ts";
import { identityFolder } from "../../fleet/model/state-layout.ts";
import { Application } from "../imports/argoproj.io.ts";
import { Certificate, Issuer } from "../imports/cert-manager.io.ts";
import { gitSource, hubServer, syncPolicy, type Repository } from "./application.ts";
import { hubObjectsProject } from "./projects.ts";

/** The Secret with the current certificate: `tls.crt` and `tls.key`. */
export const clientSecret = "fleet-client";

export interface IdentityApplicationChartProps {
  /** The state repository. */
  readonly repository: Repository;
}

/**
 * The Application of the identity's objects. Until cert-manager runs they are refused, and Argo CD
 * retries. As part of the root Application they would wait until everything before them is healthy,
 * so a broken gateway would leave the hub without an identity.
 */
export class IdentityApplicationChart extends Chart {
  constructor(scope: Construct, id: string, { repository }: IdentityApplicationChartProps) {
    super(scope, id);
    new Application(this, "application", {
      metadata: { name: "identity", namespace: argoNamespace },
      spec: {
        project: hubObjectsProject(repository),
        source: gitSource({ repository, path: identityFolder }),
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}

export interface IdentityChartProps {
  readonly hubGeneration: number;
}

/** The issuer and the certificate. cert-manager makes a new one when the issuer has another name. */
export class IdentityChart extends Chart {
  constructor(scope: Construct, id: string, { hubGeneration }: IdentityChartProps) {
    super(scope, id);
    const authority = hubAuthoritySecret(hubGeneration);
    new Issuer(this, "issuer", {
      metadata: { name: authority, namespace: argoNamespace },
      spec: { ca: { secretName: authority } },
    });
    new Certificate(this, "certificate", {
      metadata: { name: clientSecret, namespace: argoNamespace },
      spec: {
        secretName: clientSecret,
        commonName: hubUser,
        usages: ["digital signature", "client auth"],
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        duration: "24h",
        // If cert-manager fails, the fleet stays reachable for another twelve hours.
        renewBefore: "12h",
        issuerRef: { name: authority, kind: "Issuer", group: "cert-manager.io" },
      },
    });
  }
}
