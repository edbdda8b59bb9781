/** The namespaces of objects of all workloads, and what Argo CD may then change on devices. */
import { expect, test } from "vitest";
import { kindsOf } from "../../../gitops/kubernetes/kinds.ts";
import type { Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { inNamespaces } from "../../../gitops/workloads/namespaces.ts";

const rendered = (name: string, ...manifests: readonly Manifest[]) => ({
  rendering: {
    workload: { name, selector: {}, versions: new Map() },
    ring: "all",
    site: null,
    otherSites: [],
    version: "1",
    values: {},
  },
  objects: manifests.map((manifest) => ({ manifest, place: { file: "fleet.yaml" } })),
});
const object = (apiVersion: string, kind: string, namespace?: string): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: kind.toLowerCase(), ...(namespace !== undefined && { namespace }) },
});
const definition = (kind: string, scope: string) => ({
  ...object("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
  spec: { group: "example.com", scope, names: { kind } },
});

function placed(...all: readonly ReturnType<typeof rendered>[]) {
  const manifests = inNamespaces(all).flatMap(({ objects }) =>
    objects.map(({ manifest }) => manifest),
  );
  return {
    namespaces: manifests.map(({ kind, metadata }) => `${metadata.namespace ?? "-"}/${kind}`),
    allowed: kindsOf(manifests).map(({ kind, namespaced }) => `${kind} ${namespaced}`),
  };
}

test("an object without a namespace takes its kind from no other workload", () => {
  const both = [
    rendered("web", object("apps/v1", "Deployment")),
    rendered("board", object("apps/v1", "Deployment", "board")),
  ];
  for (const all of [both, both.toReversed()]) {
    const { namespaces, allowed } = placed(...all);
    expect(namespaces.toSorted()).toEqual(["board/Deployment", "web/Deployment"]);
    expect(allowed).toEqual(["Pod true", "Deployment true", "ReplicaSet true"]);
  }
});

test("a definition counts for all workloads", () => {
  const { namespaces, allowed } = placed(
    rendered("web", object("example.com/v1", "Shop"), object("example.com/v1", "Till", "web")),
    rendered("crds", definition("Shop", "Namespaced"), definition("Till", "Cluster")),
  );
  expect(namespaces.slice(0, 2)).toEqual(["web/Shop", "-/Till"]);
  expect(allowed).toEqual(["CustomResourceDefinition false", "Shop true", "Till false"]);
});

test("a kind of which only the device knows whether it has a namespace is allowed in both ways", () => {
  const { namespaces, allowed } = placed(rendered("web", object("example.com/v1", "Shop")));
  expect(namespaces).toEqual(["web/Shop"]);
  expect(allowed).toEqual(["Shop false", "Shop true"]);
});
