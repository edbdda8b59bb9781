/** Kibana, as a resource of Elastic's operator. It signs everyone in who has passed sign-on. */
import { Construct } from "constructs";
import * as elastic from "../imports/kibana.k8s.elastic.co.ts";
import { containerResources } from "../kubernetes/pods.ts";
import { elasticPodTemplate } from "./elastic-pod.ts";
import { elasticsearchName, loggingNamespace } from "./elasticsearch-service.ts";
import { anonymousProvider, users, userSecret } from "./elasticsearch-users.ts";

/** The operator creates the Service. */
export const kibanaService = "kibana-kb-http";
export const kibanaPort = 5601;

export interface KibanaProps {
  readonly version: string;
  /** Where a browser finds it. */
  readonly host: string;
}

export class Kibana extends Construct {
  constructor(scope: Construct, id: string, { version, host }: KibanaProps) {
    super(scope, id);
    new elastic.Kibana(this, "kibana", {
      metadata: { name: "kibana", namespace: loggingNamespace },
      spec: {
        version,
        count: 1,
        elasticsearchRef: { name: elasticsearchName },
        // TLS ends at the ingress, and only the ingress reaches it.
        http: { tls: { selfSignedCertificate: { disabled: true } } },
        config: {
          "server.publicBaseUrl": `https://${host}`,
          "telemetry.optIn": false,
          "xpack.security.authc.selector.enabled": false,
          "xpack.security.authc.providers": {
            anonymous: { anonymous1: { order: 0, credentials: { username: users.viewer.name } } },
            basic: { basic1: { order: 1 } },
          },
        },
        secureSettings: [
          {
            secretName: userSecret(users.viewer),
            entries: [{ key: "password", path: `${anonymousProvider}.credentials.password` }],
          },
        ],
        podTemplate: elasticPodTemplate({
          name: "kibana",
          resources: containerResources({ cpu: "100m", memory: "1Gi" }, { memory: "1536Mi" }),
        }),
      },
    });
  }
}
