/**
 * A password that nobody chooses or reads: External Secrets generates it once, on the hub, for two
 * programs of the hub. A new hub gets a new one. Needs the add-on external-secrets.
 *
 * Fields: external-secrets, apis/externalsecrets/v1 and apis/generators/v1alpha1, read at v2.9.0.
 */
import { Construct } from "constructs";
import { managedByFlotilla } from "../../fleet/model/contract.ts";
import { ExternalSecret } from "../imports/external-secrets.io.ts";
import { Password } from "../imports/generators.external-secrets.io.ts";

export interface GeneratedSecretProps {
  readonly name: string;
  readonly namespace: string;
  /** The data of the Secret; `{{ .password }}` stands for the password. */
  readonly data: Readonly<Record<string, string>>;
  /** @default Opaque */
  readonly type?: string;
}

export class GeneratedSecret extends Construct {
  constructor(scope: Construct, id: string, props: GeneratedSecretProps) {
    super(scope, id);
    const { name, namespace, data, type = "Opaque" } = props;
    new Password(this, "generator", {
      metadata: { name, namespace },
      // Letters and digits, which every configuration file takes as they are.
      spec: { length: 40, digits: 10, symbols: 0, allowRepeat: true, noUpper: false },
    });
    new ExternalSecret(this, "secret", {
      metadata: { name, namespace },
      spec: {
        refreshPolicy: "CreatedOnce",
        target: {
          name,
          template: {
            type,
            // Labels of its own: it would inherit Argo CD's label and count as one of its objects.
            metadata: { labels: managedByFlotilla },
            data,
          },
        },
        dataFrom: [
          {
            sourceRef: {
              generatorRef: {
                apiVersion: Password.GVK.apiVersion,
                kind: "Password",
                name,
              },
            },
          },
        ],
      },
    });
  }
}
