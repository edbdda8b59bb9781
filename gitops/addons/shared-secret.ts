/**
 * A Kubernetes Secret whose content is in the hub's secret store (Google Secret Manager by default).
 * Needs the add-on external-secrets.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { filledText, requireProps, textsByKey } from "../arguments.ts";
import { clusterOf } from "../clouds/cloud.ts";
import {
  ExternalSecret,
  type ExternalSecretSpecTargetTemplate,
} from "../imports/external-secrets.io.ts";

export interface SharedSecretProps {
  readonly namespace: string;
  /** The name of the Kubernetes Secret, and of the ExternalSecret that fills it. */
  readonly name: string;
  /** Its name in the store. The newest version must be a JSON object. */
  readonly cloudSecret: string;
  /**
   * Each key of the Kubernetes Secret, with the field of the JSON object that it holds.
   * @default every field, under its own name
   */
  readonly keys?: Readonly<Record<string, string>>;
  /** The labels of the Kubernetes Secret. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Keys of the Kubernetes Secret beside these, with texts that are not secret. @default none */
  readonly texts?: Readonly<Record<string, string>>;
}

const schema = z.object({
  namespace: filledText,
  name: filledText,
  cloudSecret: filledText,
  keys: textsByKey.optional(),
  labels: textsByKey.optional(),
  texts: textsByKey.optional(),
});

export class SharedSecret extends Construct {
  constructor(scope: Construct, id: string, props: SharedSecretProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const { namespace, name, cloudSecret: key, keys } = props;
    new ExternalSecret(this, "secret", {
      metadata: { name, namespace },
      spec: {
        refreshInterval: "1h",
        secretStoreRef: { kind: "ClusterSecretStore", name: clusterOf(this).secretStore },
        target: {
          name,
          creationPolicy: "Owner",
          // If the store is deleted by mistake, running pods keep their Secret.
          deletionPolicy: "Retain",
          ...templateOf(props),
        },
        ...(keys === undefined
          ? { dataFrom: [{ extract: { key } }] }
          : {
              data: Object.entries(keys).map(([secretKey, property]) => ({
                secretKey,
                remoteRef: { key, property },
              })),
            }),
      },
    });
  }
}

function templateOf({ labels, texts }: SharedSecretProps) {
  if (labels === undefined && texts === undefined) return {};
  const template: ExternalSecretSpecTargetTemplate = {
    ...(labels !== undefined && { metadata: { labels } }),
    // Without `Merge` the Secret would have the texts only.
    ...(texts !== undefined && {
      data: texts,
      mergePolicy: "Merge",
    }),
  };
  return { template };
}
