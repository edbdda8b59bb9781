/** What clients of Elasticsearch must know: its address, its certificate, and the streams of logs. */

/** The namespace of Elasticsearch and Kibana. */
export const loggingNamespace = "logging";

export const elasticsearchName = "elasticsearch";

/** Elastic's operator creates the Service, and the Secret with the certificate of its authority. */
export const elasticsearchHost = `${elasticsearchName}-es-http.${loggingNamespace}.svc`;
export const elasticsearchPort = 9200;
export const certificatesSecret = `${elasticsearchName}-es-http-certs-public`;

/** Streams of logs: of the hub's own pods, and of the devices. */
export const logStreams = ["logs-hub-default", "logs-edge-default"] as const;
