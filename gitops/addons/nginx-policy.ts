/**
 * `Policy` of F5 NGINX Ingress Controller, as far as it is used here. Its definition is in no package
 * registry, so this class is written by hand: docs, "Policy resource", and
 * pkg/apis/configuration/v1/types.go (ExternalAuth), read at v5.5.4.
 */
import { ApiObject, type ApiObjectMetadata } from "cdk8s";
import type { Construct } from "constructs";

export interface NginxPolicyProps {
  readonly metadata: ApiObjectMetadata;
  readonly spec: NginxPolicySpec;
}

export interface NginxPolicySpec {
  /** Name of the class of the controller that obeys it. */
  readonly ingressClassName: string;
  readonly externalAuth: ExternalAuth;
}

/** The controller asks a Service about each request. */
export interface ExternalAuth {
  /** `<namespace>/<name>` of the Service. */
  readonly authServiceName: string;
  readonly authServicePorts: readonly number[];
  /** Path that answers 2xx where the request may pass. */
  readonly authURI: string;
  /** Path of the page that is shown where it may not. */
  readonly authSigninURI: string;
  /** Path on the protected host below which the Service answers. */
  readonly authSigninRedirectBasePath: string;
}

export class NginxPolicy extends ApiObject {
  constructor(scope: Construct, id: string, props: NginxPolicyProps) {
    super(scope, id, { apiVersion: "k8s.nginx.org/v1", kind: "Policy", ...props });
  }
}
