/**
 * A password that nobody chooses and nobody reads: External Secrets makes it once, on the hub. It is
 * between two programs of the hub, so a hub that is made anew gets a new one.
 *
 * Fields: external-secrets, apis/externalsecrets/v1 and apis/generators/v1alpha1, read at v2.9.0.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { secretsAddon } from "./names.ts";
import { managedByFlotilla } from "../../fleet/model/contract.ts";

export interface GeneratedSecretProps {
  readonly fleet: Fleet;
  readonly name: string;
  readonly namespace: string;
  /** Of the Secret; `{{ .password }}` stands for the password. */
  readonly data: Readonly<Record<string, string>>;
  /** @default Opaque */
  readonly type?: string;
}

/** Letters and digits, which every configuration file takes as they are. */
const password = { length: 40, digits: 10, symbols: 0, allowRepeat: true, noUpper: false };

/** Nothing at all where External Secrets is switched off: then the operator makes the Secret. */
export class GeneratedSecret extends Construct {
  constructor(scope: Construct, id: string, props: GeneratedSecretProps) {
    super(scope, id);
    const { fleet, name, namespace, data, type = "Opaque" } = props;
    if (!hasAddon(fleet, secretsAddon)) return;
    const generator = { apiVersion: "generators.external-secrets.io/v1alpha1", kind: "Password" };
    new ApiObject(this, "generator", {
      ...generator,
      metadata: { name, namespace },
      spec: password,
    });
    new ApiObject(this, "secret", {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name, namespace },
      spec: {
        refreshPolicy: "CreatedOnce",
        target: {
          name,
          template: {
            type,
            // Of its own: else it takes Argo CD's mark from here, and looks like one of its objects.
            metadata: { labels: managedByFlotilla },
            data,
          },
        },
        dataFrom: [{ sourceRef: { generatorRef: { ...generator, name } } }],
      },
    });
  }
}
