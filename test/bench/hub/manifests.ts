/** What the hub of the bench is given: registrations, Applications, and what they deploy. */
import { syncPolicy } from "../../../gitops/argocd/application.ts";

export const addressOf = (index: number) => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;

/** A fleet's twelve kinds. */
export const watchedKinds = [
  {
    apiGroups: [""],
    kinds: "ConfigMap Secret Service ServiceAccount Namespace PersistentVolumeClaim Pod".split(" "),
    clusters: ["https://*:6443"],
  },
  {
    apiGroups: ["apps"],
    kinds: ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"],
    clusters: ["https://*:6443"],
  },
  { apiGroups: ["networking.k8s.io"], kinds: ["NetworkPolicy"], clusters: ["https://*:6443"] },
];

/** As it is published, except what single devices differ by. */
export const registration = (index: number, authority: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: `device-${index}`,
    namespace: "argocd",
    labels: {
      "argocd.argoproj.io/secret-type": "cluster",
      "flotilla.dev/device": `device-${index}`,
    },
  },
  type: "Opaque",
  stringData: {
    name: `device-${index}`,
    server: `https://${addressOf(index)}:6443`,
    config: JSON.stringify({
      bearerToken: "none",
      tlsClientConfig: { serverName: "device", caData: authority },
    }),
  },
});

export const application = (index: number, url: string) => ({
  apiVersion: "argoproj.io/v1alpha1",
  kind: "Application",
  metadata: {
    name: `device-${index}-pos`,
    namespace: "argocd",
    labels: { "flotilla.dev/device": `device-${index}` },
  },
  spec: {
    project: "default",
    source: { repoURL: url, targetRevision: "main", path: "edge/pos/stable" },
    destination: { name: `device-${index}`, namespace: "pos" },
    syncPolicy,
  },
});

export function workload(version: string): string {
  const names = Array.from({ length: 6 }, (_, index) => `part-${index}`);
  const objects = names.flatMap((name) => [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "pos" },
      data: { version, text: "x".repeat(500) },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "pos" },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: "main", image: `example.com/pos:${version}` }] },
        },
      },
    },
  ]);
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}
