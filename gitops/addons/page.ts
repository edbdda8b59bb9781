/**
 * A page of the hub: a host name, TLS, and sign-on in front of a Service.
 *
 * cert-manager sees the annotation and gets the certificate, external-dns sees the host and makes
 * its record. Sign-on is a policy of the ingress controller (externalAuth, F5 NGINX Ingress
 * Controller 5.5): it asks oauth2-proxy about each request and shows its sign-in page at the same
 * host, below /oauth2. Where that policy is missing the controller answers 500, so a page is never
 * open by accident (internal/configs/policy.go at v5.5.4).
 *
 * Annotations: internal/configs/annotations.go at v5.5.4, read on 2026-11-23.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { ingressAddon, ingressClass, issuerName, signOnPolicy } from "./names.ts";

export interface PageProps {
  readonly fleet: Fleet;
  /** Its whole name, like `grafana.edge.example.com`. */
  readonly host: string;
  /** Of the Service. */
  readonly namespace: string;
  /** The Service that answers, by HTTP; the Ingress is called like it. */
  readonly service: string;
  /** As the Service has it. */
  readonly port: number;
  /**
   * Whether only those who signed in get through. Without it the Service must ask by itself.
   * @default true
   */
  readonly signOn?: boolean;
}

/** Nothing at all where the ingress controller is switched off: then nobody would serve it. */
export class Page extends Construct {
  constructor(scope: Construct, id: string, props: PageProps) {
    super(scope, id);
    const { fleet, host, namespace, service, port, signOn = true } = props;
    if (!hasAddon(fleet, ingressAddon)) return;
    const backend = { service: { name: service, port: { number: port } } };
    new ApiObject(this, "ingress", {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: service,
        namespace,
        annotations: {
          "cert-manager.io/cluster-issuer": issuerName,
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
