/** What a user's own add-on may make: what would be lost, or refused on the hub, is a mistake. */
import type { Construct } from "constructs";
import { expect, test } from "vitest";
import { ConstructError } from "../../fleet/model/construct-error.ts";
import { sortedTree } from "../../fleet/model/tree.ts";
import { resolvedAddons } from "../../fleet/resolve/resolved-addons.ts";
import { addonFiles, hubAddons } from "../../gitops/addon-files.ts";
import { Addon, type InstallationProps } from "../../gitops/addons/addon.ts";
import type { OwnAddonProps } from "../../gitops/addons/own-addon.ts";
import { KubeConfigMap, KubePod, KubeRole } from "../../gitops/imports/k8s.ts";
import { withOwn } from "../../gitops/registry.ts";
import { ApiObject } from "cdk8s";
import { platformFleet, samplePlatform } from "./addons/platform.ts";

type Installation = Partial<InstallationProps>;

/** Files of the hub's add-ons with one that a user added, named `reloader`. */
function filesWith(installation: Installation, build: (objects: Construct) => void) {
  class Reloader extends Addon {
    static readonly chart = {
      name: "reloader",
      repository: "https://charts.reloader.example",
      version: "2.1.3",
    };
    constructor(scope: Construct, id: string, props: OwnAddonProps) {
      super(scope, id, {
        ...props,
        namespace: "reloader",
        wave: 2,
        defaults: {},
        ...installation,
      });
      build(this.objects);
    }
  }
  const { addons } = withOwn({ addons: { reloader: Reloader } });
  const sample = platformFleet();
  const { name: _, ...pin } = Reloader.chart;
  const fleet = {
    ...sample,
    platform: { ...samplePlatform, addons: resolvedAddons(addons, {}) },
    pins: { ...sample.pins, charts: { ...sample.pins.charts, reloader: pin } },
  };
  return sortedTree(addonFiles(fleet, hubAddons(fleet, addons)));
}

const namespace = "reloader";
const configMap = (scope: Construct, id: string, name = "a", data: unknown = { a: "5" }) =>
  new KubeConfigMap(scope, id, { metadata: { name, namespace }, data: data as {} });

const wrong: readonly (readonly [string, Installation, (objects: Construct) => void, string])[] = [
  [
    "the name of another add-on",
    { name: "prometheus" },
    () => {},
    'the class passes the name "prometheus" to Addon. Omit it there: the name is reloader, as in flotilla.config.ts.',
  ],
  [
    "a name that is not a DNS label",
    { name: "Other Name" },
    () => {},
    'name: "Other Name" is not a valid DNS label.',
  ],
  [
    "a namespace that is not a DNS label",
    { namespace: "Other Name" },
    () => {},
    'namespace: "Other Name" is not a valid DNS label.',
  ],
  [
    "a release that Helm refuses",
    { releaseName: "r".repeat(54) },
    () => {},
    `releaseName: "${"r".repeat(54)}" has 54 characters, and Helm takes at most 53. Write a shorter one.`,
  ],
  [
    "Argo CD's namespace",
    { namespace: "argocd" },
    () => {},
    "the namespace argocd is used by the hub itself. Write another one, like reloader.",
  ],
  [
    "another add-on's namespace",
    { namespace: "monitoring" },
    () => {},
    "Namespace monitoring is also an object of the add-on prometheus.",
  ],
  [
    "two objects of the same name",
    {},
    (objects) => {
      configMap(objects, "one", "dup", { a: "1" });
      configMap(objects, "two", "dup", { a: "2" });
    },
    "ConfigMap dup appears twice. Give one of them another name.",
  ],
  [
    "a field of another type",
    {},
    (objects) => void configMap(objects, "one", "a", { a: 5 }),
    'ConfigMap a: data.a: found 5. Write text, in quotes: "5".',
  ],
  [
    "labels of another type",
    {},
    (objects) => {
      const metadata = { name: "a", namespace, labels: { on: true } as {} };
      new KubeConfigMap(objects, "one", { metadata });
    },
    'ConfigMap a: metadata.labels.on: found true. Write text, in quotes: "true".',
  ],
  [
    "a name that Kubernetes refuses",
    {},
    (objects) => void configMap(objects, "one", "a/b c"),
    'ConfigMap a/b c: metadata.name: found "a/b c". Write lower-case letters, ',
  ],
  [
    "a namespace of nobody",
    {},
    (objects) => {
      new KubeConfigMap(objects, "one", { metadata: { name: "a", namespace: "elsewhere" } });
    },
    "ConfigMap a: its namespace elsewhere is not one of the add-ons'.",
  ],
  [
    "a pod that its namespace refuses",
    {},
    (objects) => {
      const spec = { hostNetwork: true, containers: [{ name: "a", image: "a:1" }] };
      new KubePod(objects, "one", { metadata: { name: "a", namespace }, spec });
    },
    "Pod a: spec.hostNetwork: ",
  ],
];

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof ConstructError) return error;
    throw error;
  }
  throw new Error("nothing was reported");
}

test.each(wrong)("%s is a mistake, with the class in the stack", (_, installation, build, said) => {
  const { message, cause } = errorOf(() => filesWith(installation, build));
  expect(message).toContain(`add-on reloader: Error: ${said}`);
  expect((cause as Error).stack).toContain(import.meta.filename);
});

test("all mistakes in the objects of an add-on are reported at once", () => {
  const { message } = errorOf(() =>
    filesWith({}, (objects) => {
      configMap(objects, "one", "a", { a: 5 });
      configMap(objects, "two", "b", { a: true });
    }),
  );
  expect(message.split("\n")).toHaveLength(2);
});

test("what is alike and not the same has files of its own", () => {
  const files = filesWith({}, (objects) => {
    configMap(objects, "one");
    new KubeConfigMap(objects, "two", { metadata: { name: "a", namespace: "monitoring" } });
    new KubeRole(objects, "three", { metadata: { name: "a", namespace } });
    const role = {
      apiVersion: "iam.example.com/v1",
      kind: "Role",
      metadata: { name: "a", namespace },
    };
    new ApiObject(objects, "four", role);
  });
  const paths = [...files.keys()].filter((path) => path.startsWith("hub/platform/reloader"));
  expect(paths).toEqual([
    "hub/platform/reloader.yaml",
    "hub/platform/reloader/configmap-a.yaml",
    "hub/platform/reloader/configmap.monitoring-a.yaml",
    "hub/platform/reloader/role-a.yaml",
    "hub/platform/reloader/role.iam.example.com-a.yaml",
  ]);
});

test("a synthesis never loses a file", () => {
  expect(() =>
    sortedTree([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]),
  ).toThrow("a synthesis made a file twice: a");
});
