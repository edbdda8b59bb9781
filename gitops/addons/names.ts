/** Names by which add-ons refer to each other. */

/** Of the ingress controller: the add-on, its namespace and its chart. */
export const ingressAddon = "nginx-ingress";
export const ingressClass = "nginx";

export const loginAddon = "oauth2-proxy";

/** The ingress controller's policy that lets only those through who signed in. */
export const signOnPolicy = {
  namespace: loginAddon,
  name: "sign-on",
  /** As an Ingress of any namespace refers to it. */
  reference: `${loginAddon}/sign-on`,
} as const;

/** The ClusterIssuer of the pages' certificates. */
export const issuerName = "letsencrypt";

export const secretsAddon = "external-secrets";
/** The ClusterSecretStore. */
export const secretStore = "google-secret-manager";

/** Host and port of Alertmanager: the operator of Prometheus creates this Service. */
export const alertmanagerAddress = "alertmanager-operated.monitoring:9093";
