/** Names by which add-ons refer to each other. */

/** The ingress controller: the add-on, and its namespace. */
export const ingressAddon = "nginx-ingress";
export const ingressClass = "nginx";

/** Sign-on: the add-on, its namespace and its Service. */
export const loginAddon = "oauth2-proxy";

/** The Policy of the ingress controller that lets through only who has signed in. */
export const signOnPolicy = {
  namespace: loginAddon,
  name: "sign-on",
  /** As an Ingress of any namespace refers to it. */
  reference: `${loginAddon}/sign-on`,
} as const;

/** The ClusterIssuer of the certificates of the hub's hosts. */
export const clusterIssuer = "letsencrypt";

export const secretsAddon = "external-secrets";

export const prometheusAddon = "prometheus";
/** The namespace of Prometheus, Alertmanager and Grafana. */
export const monitoringNamespace = "monitoring";

/** Name and port of the Service of Prometheus. */
export const prometheusService = "monitoring-prometheus:9090";

/** Host and port of Alertmanager: the operator of Prometheus creates this Service. */
export const alertmanagerAddress = `alertmanager-operated.${monitoringNamespace}:9093`;

export const elasticsearchAddon = "elasticsearch";

/** The namespace of Fluent Bit, which reads files of the nodes. */
export const fluentBitNamespace = "fluent-bit";

/** Port of node_exporter on the addresses of the hub's nodes. */
export const nodeExporterPort = 9100;
