/**
 * Stand-ins for the hub's add-ons, for the parts of Flotilla that use them: an Elasticsearch
 * (nodes/stand-ins/elasticsearch.mjs), and the Secrets that External Secrets would make: the passwords of the
 * collector and the log keeper, and the Secrets of workloads.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeLeaf } from "./certificates.ts";
import type { ControlPlane } from "./control-plane.ts";
import { manifestText } from "./nodes/manifests.ts";
import type { Pods } from "./nodes/pods.ts";

export const elasticsearchImage = "flotilla.test/elasticsearch:1";

const logging = "logging";
const service = "elasticsearch-es-http";
const labels = { "app.kubernetes.io/name": "elasticsearch" };

/** The pod of Elasticsearch. */
export const elasticsearch = {
  namespace: logging,
  selector: "app.kubernetes.io/name=elasticsearch",
  container: "elasticsearch",
};

/** @param folder with the hub's authorities; one of them signs for Elasticsearch */
export async function playElasticsearch(
  plane: ControlPlane,
  authorities: string,
  folder: string,
): Promise<void> {
  const pair = await makeLeaf(authorities, folder, {
    name: "elasticsearch",
    authority: "server-ca",
    subject: "/CN=elasticsearch",
    usage: "serverAuth",
    alternativeNames: [`DNS:${service}.${logging}.svc`],
  });
  const [writer, keeper] = ["of-the-collector", "of-the-keeper"];
  const text = (path: string) => readFileSync(path, "utf8");
  const secret = (namespace: string, name: string, stringData: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData,
  });
  const server = { writer, keeper, "tls.crt": text(pair.certificate), "tls.key": text(pair.key) };
  const authority = { "ca.crt": text(join(authorities, "server-ca.crt")) };
  const client = { username: "writer", password: writer, ...authority };
  await plane.apply(
    manifestText([
      secret(logging, "elasticsearch-server", server),
      secret("flotilla-gateway", "elasticsearch", client),
      secret(logging, "elasticsearch-log-keeper", { username: "keeper", password: keeper }),
      secret(logging, "elasticsearch-es-http-certs-public", authority),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: service, namespace: logging },
        spec: { selector: labels, ports: [{ port: 9200 }] },
      },
      deployment,
    ]),
  );
}

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "elasticsearch", namespace: logging },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "elasticsearch",
            image: elasticsearchImage,
            imagePullPolicy: "IfNotPresent",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "server", mountPath: "/etc/elasticsearch" }],
          },
        ],
        volumes: [{ name: "server", secret: { secretName: "elasticsearch-server" } }],
      },
    },
  },
};

/** @returns the answer of Elasticsearch to a GET request */
export async function askElasticsearch(
  { plane, pods }: { readonly plane: ControlPlane; readonly pods: Pods },
  path: string,
): Promise<unknown> {
  const address = await plane.serviceAddress(logging, service);
  const ask = ["curl", "-sk", "--fail", "--max-time", "3", `https://${address}:9200${path}`];
  return JSON.parse(await pods.inNetwork(elasticsearch, ask)) as unknown;
}

/** Makes, like External Secrets, the Secrets that the courier takes to the devices. */
export async function playWorkloadSecret(
  plane: ControlPlane,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  const secretLabels = {
    "app.kubernetes.io/managed-by": "flotilla",
    "flotilla.dev/secret": "till",
    "flotilla.dev/workload": "point-of-sale",
  };
  const metadata = { name: "point-of-sale.till", namespace: "fleet-secrets", labels: secretLabels };
  await plane.apply(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata, stringData }));
}
