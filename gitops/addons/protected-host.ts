/**
 * A host of the hub: its DNS name, TLS, and sign-on in front of a Service.
 *
 * cert-manager sees the annotation and gets the certificate, external-dns sees the host and creates
 * its record. Sign-on is a Policy of the ingress controller (externalAuth, F5 NGINX Ingress Controller
 * 5.5): it asks oauth2-proxy about each request and shows the sign-in page at the same host, below
 * /oauth2. Where that Policy is missing the controller answers 500, so a host is never open by
 * accident (internal/configs/policy.go at v5.5.4).
 *
 * Annotations: internal/configs/annotations.go at v5.5.4, read on 2026-11-23.
 */
import { Construct } from "constructs";
import { KubeIngress } from "../imports/k8s.ts";
import { clusterIssuer, ingressClass, signOnPolicy } from "./names.ts";

export interface ProtectedHostProps {
  /** Its whole name, like `grafana.edge.example.com`. */
  readonly host: string;
  /** The namespace of the Service. */
  readonly namespace: string;
  /** The Service that answers, by HTTP; the Ingress has the same name. */
  readonly service: string;
  /** Port of the Service. */
  readonly port: number;
  /**
   * Whether only users who signed in get through. Without it the Service must authenticate.
   * @default true
   */
  readonly signOn?: boolean;
}

export class ProtectedHost extends Construct {
  constructor(scope: Construct, id: string, props: ProtectedHostProps) {
    super(scope, id);
    const { host, namespace, service, port, signOn = true } = props;
    const backend = { service: { name: service, port: { number: port } } };
    new KubeIngress(this, "ingress", {
      metadata: {
        name: service,
        namespace,
        annotations: {
          "cert-manager.io/cluster-issuer": clusterIssuer,
          ...(signOn && { "nginx.org/policies": signOnPolicy.reference }),
          // Grafana's live panels and Argo CD's terminal.
          "nginx.org/websocket-services": service,
          // Dashboards and saved objects are imported as files.
          "nginx.org/client-max-body-size": "16m",
        },
      },
      spec: {
        ingressClassName: ingressClass,
        tls: [{ hosts: [host], secretName: `${service}-tls` }],
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    });
  }
}
