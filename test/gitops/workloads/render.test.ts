/** What the three forms of a workload become in the state repository, and which devices get them. */
import fc from "fast-check";
import { load, loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import type { Device, Site } from "../../../fleet/model/device.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Values } from "../../../fleet/model/values.ts";
import type { ManifestFile, Workload } from "../../../fleet/model/workload.ts";
import type { Manifest } from "../../../gitops/kubernetes/manifests.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";

const versions = new Map(Object.entries({ canary: "1.1.0", early: "1.0.1", stable: "1.0.0" }));

const board: ManifestFile = {
  file: "board/board.yaml",
  text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: board
  labels: { app.kubernetes.io/name: screen, tier: front }
spec:
  replicas: \${values.screens}
  template:
    spec:
      containers:
        - name: board
          image: registry.example.com/board:\${version}
          env:
            - { name: RING, value: "\${ring}" }
            - { name: SCREENS, value: "\${values.screens}" }
            - { name: SHELL, value: "$\${HOME}" }
      volumes:
        - configMap: { name: board, defaultMode: 0444 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: "board:reader" }
rules: []
`,
};
const priceBoard: Workload = {
  name: "price-board",
  selector: {},
  versions,
  manifests: [board],
  values: { screens: 1 },
};
const cache: Workload = {
  name: "cache",
  selector: { role: "till" },
  versions,
  chart: {
    repository: "https://charts.example.com",
    name: "valkey",
    kinds: [
      { group: "apps", kind: "StatefulSet", namespaced: true },
      { group: "", kind: "Service", namespaced: true },
    ],
  },
  values: { memory: { limit: "64Mi" }, greeting: "{{ braces }}" },
  podSecurity: "baseline",
};
const till: Workload = { ...sampleFleet.workloads[0]! };

const places: readonly Site[] = ["boston", "gulf", "lagos"].map((name) => ({
  ...sampleFleet.devices[0]!.site,
  name,
}));

function device(name: string, site: string, rest: Partial<Device> = {}): Device {
  const common = { ...sampleFleet.devices[0]!, connectivity: "direct" as const };
  return { ...common, name, site: places.find((each) => each.name === site)!, ...rest };
}

const devices = [
  device("kiosk-01", "gulf", { ring: "stable", labels: { role: "kiosk" } }),
  device("store-01", "boston", { ring: "canary" }),
  device("store-02", "gulf", { ring: "canary" }),
  device("store-03", "gulf", { ring: "stable" }),
];

function state(workloads: readonly Workload[], own: readonly Device[] = devices): Tree {
  const sorted = workloads.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const fleet: Fleet = { ...sampleFleet, devices: own, workloads: sorted };
  return synthesizeState(fleet, samplePublicKeys);
}

function changes(before: Tree, after: Tree): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

interface ApplicationSet extends Manifest {
  readonly spec: {
    readonly generators: readonly {
      readonly clusters: {
        readonly selector: {
          readonly matchLabels: Readonly<Record<string, string>>;
          readonly matchExpressions?: readonly {
            readonly key: string;
            readonly operator: string;
            readonly values: readonly string[];
          }[];
        };
      };
    }[];
    readonly template: { readonly spec: Readonly<Record<string, unknown>> };
  };
}

function setsOf(tree: Tree, workload: string): readonly ApplicationSet[] {
  return loadAll(tree.get(`hub/fleet/workloads/${workload}.yaml`)!) as ApplicationSet[];
}

/** Whether the set selects the device, by Kubernetes' rules for label selectors (LabelSelector, meta/v1). */
function takes(set: ApplicationSet, registration: Manifest): boolean {
  const labels = registration.metadata.labels ?? {};
  return set.spec.generators.some(({ clusters: { selector } }) => {
    const { matchLabels, matchExpressions = [] } = selector;
    return (
      Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
      matchExpressions.every(({ key, operator, values }) => {
        expect(operator).toBe("NotIn");
        return !values.includes(labels[key] ?? "");
      })
    );
  });
}

describe("manifests", () => {
  const tree = state([priceBoard]);
  const deployment = load(tree.get("edge/price-board/canary/deployment-board.yaml")!);

  test("are one object per file for each ring, in their own namespace", () => {
    const ofRing = (ring: string) =>
      [
        "clusterrole-board_reader",
        "deployment-board",
        "namespace-price-board",
        "networkpolicy-default",
      ].map((name) => `edge/price-board/${ring}/${name}.yaml`);
    const paths = [...tree.keys()].filter((path) => path.startsWith("edge/"));
    expect(paths).toEqual(["canary", "early", "stable"].flatMap(ofRing));
    expect(load(tree.get("edge/price-board/canary/namespace-price-board.yaml")!)).toMatchObject({
      metadata: {
        name: "price-board",
        labels: {
          "app.kubernetes.io/managed-by": "flotilla",
          "flotilla.dev/ring": "canary",
          "pod-security.kubernetes.io/enforce": "restricted",
        },
      },
    });
  });

  test("have their placeholders replaced, and the type of a value if it is the whole scalar", () => {
    expect(deployment).toMatchObject({
      spec: {
        replicas: 1,
        template: {
          spec: {
            containers: [
              {
                image: "registry.example.com/board:1.1.0",
                env: [
                  { name: "RING", value: "canary" },
                  { name: "SCREENS", value: "1" },
                  { name: "SHELL", value: "${HOME}" },
                ],
              },
            ],
            // Octal, as kubectl reads it.
            volumes: [{ configMap: { defaultMode: 0o444 } }],
          },
        },
      },
    });
  });

  test("get Flotilla's labels and keep their own", () => {
    expect((deployment as Manifest).metadata).toEqual({
      name: "board",
      namespace: "price-board",
      labels: {
        "app.kubernetes.io/managed-by": "flotilla",
        "app.kubernetes.io/name": "price-board",
        "flotilla.dev/ring": "canary",
        tier: "front",
      },
    });
  });

  test("may include their Namespace, which is then not changed", () => {
    const own = `apiVersion: v1
kind: Namespace
metadata:
  name: price-board
  labels: { pod-security.kubernetes.io/enforce: privileged, team: shop }
`;
    const manifests = [board, { file: "board/namespace.yaml", text: own }];
    const text = state([{ ...priceBoard, manifests }]).get(
      "edge/price-board/stable/namespace-price-board.yaml",
    );
    expect((load(text!) as Manifest).metadata.labels).toMatchObject({
      "app.kubernetes.io/managed-by": "flotilla",
      "pod-security.kubernetes.io/enforce": "privileged",
      team: "shop",
    });
  });

  test("that name the site are rendered for each site with devices, and for no other", () => {
    const text = board.text.replace("${ring}", "${site}");
    const apart = state([{ ...priceBoard, manifests: [{ ...board, text }] }]);
    const folders = new Set(
      [...apart.keys()]
        .filter((path) => path.startsWith("edge/"))
        .map((path) => path.split("/")[2]),
    );
    expect([...folders]).toEqual(["canary@boston", "canary@gulf", "stable@gulf"]);
    expect(apart.get("edge/price-board/canary@gulf/deployment-board.yaml")).toContain(
      "value: gulf",
    );
  });

  test("with the same kind in two API groups are two files", () => {
    const twins = ["v1", "serving.example.com/v1"]
      .map((version) => `apiVersion: ${version}\nkind: Service\nmetadata: { name: board }\n`)
      .join("---\n");
    const files = [...state([{ ...priceBoard, manifests: [{ ...board, text: twins }] }]).keys()];
    expect(files.filter((path) => path.startsWith("edge/price-board/early/service"))).toEqual([
      "edge/price-board/early/service-board.yaml",
      "edge/price-board/early/service.serving.example.com-board.yaml",
    ]);
  });
});

describe("a chart", () => {
  const tree = state([{ ...cache, sites: new Map([["gulf", { memory: { limit: "128Mi" } }]]) }]);
  const [canary, gulf] = setsOf(tree, "cache");

  test("is rendered by Argo CD, with the values and the namespace that are in the repository", () => {
    expect(canary?.spec.template.spec["sources"]).toEqual([
      {
        chart: "valkey",
        repoURL: "https://charts.example.com",
        targetRevision: "1.1.0",
        helm: { releaseName: "cache", valueFiles: ["$values/edge/cache/canary/values.yaml"] },
      },
      {
        path: "edge/cache/canary",
        repoURL: sampleFleet.repository.url,
        targetRevision: "main",
        ref: "values",
        directory: { exclude: "values.yaml" },
      },
    ]);
    expect(canary?.spec.template.spec).not.toHaveProperty("source");
    expect([...tree.keys()].filter((path) => path.startsWith("edge/cache/canary/"))).toEqual([
      "edge/cache/canary/namespace-cache.yaml",
      "edge/cache/canary/networkpolicy-default.yaml",
      "edge/cache/canary/values.yaml",
    ]);
    expect(tree.get("edge/cache/canary/namespace-cache.yaml")).toContain(
      "pod-security.kubernetes.io/enforce: baseline",
    );
  });

  test("has its values in files, where an ApplicationSet ignores double braces", () => {
    expect(load(tree.get("edge/cache/canary/values.yaml")!)).toEqual(cache.values);
    expect(tree.get("hub/fleet/workloads/cache.yaml")).not.toContain("braces");
  });

  test("has a site's values merged over the others", () => {
    expect(gulf?.metadata.name).toBe("cache-canary.gulf");
    expect(load(tree.get("edge/cache/canary@gulf/values.yaml")!)).toEqual({
      ...cache.values,
      memory: { limit: "128Mi" },
    });
  });

  test("may only make the kinds that it declares, and only from its repository", () => {
    const projects = loadAll(tree.get("hub/argocd/projects.yaml")!) as {
      metadata: { name: string };
      spec: Record<string, { kind: string }[]>;
    }[];
    const { spec } = projects.find(({ metadata }) => metadata.name === "fleet")!;
    expect(spec["sourceRepos"]).toEqual([sampleFleet.repository.url, "https://charts.example.com"]);
    expect(spec["clusterResourceWhitelist"]?.map(({ kind }) => kind)).toEqual(["Namespace"]);
    expect(spec["namespaceResourceWhitelist"]?.map(({ kind }) => kind)).toEqual([
      "Pod",
      "Service",
      "StatefulSet",
      "NetworkPolicy",
    ]);
    expect(tree.get("hub/argocd/values.yaml")).toContain("- StatefulSet");
  });
});

describe("values of one site", () => {
  const sites = new Map([["gulf", { memoryMebibytes: 256 }]]);
  const before = state([till, cache]);
  const after = state([{ ...till, sites }, cache]);

  test("change that site's files and the one file of ApplicationSets", () => {
    const objects = [...before.keys()].flatMap((path) => {
      const [, workload, ring, name] = path.split("/");
      return path.startsWith("edge/point-of-sale/") && ring !== "early"
        ? [`edge/${workload}/${ring}@gulf/${name}`]
        : [];
    });
    expect(objects).toHaveLength(12);
    expect(changes(before, after)).toEqual([...objects, "hub/fleet/workloads/point-of-sale.yaml"]);
  });

  test("are passed to the construct as props, and nothing else differs", () => {
    const path = "deployment-point-of-sale.yaml";
    const shared = before.get(`edge/point-of-sale/canary/${path}`)!;
    const own = after.get(`edge/point-of-sale/canary@gulf/${path}`);
    expect(own).toBe(shared.replace("memory: 128Mi", "memory: 256Mi"));
  });

  test("have an ApplicationSet in each ring in which the site has devices", () => {
    const sets = setsOf(after, "point-of-sale");
    expect(sets.map(({ metadata }) => metadata.name)).toEqual([
      "point-of-sale-canary",
      "point-of-sale-canary.gulf",
      "point-of-sale-early",
      "point-of-sale-stable",
      "point-of-sale-stable.gulf",
    ]);
    expect(sets[0]?.spec.generators[0]?.clusters.selector).toEqual({
      matchLabels: { "flotilla.dev/ring": "canary", role: "till" },
      matchExpressions: [{ key: "flotilla.dev/site", operator: "NotIn", values: ["gulf"] }],
    });
    expect(sets[1]).toMatchObject({
      metadata: { labels: { "flotilla.dev/site": "gulf" } },
      spec: { template: { spec: { source: { path: "edge/point-of-sale/canary@gulf" } } } },
    });
  });
});

describe("an object that two workloads have", () => {
  const role: ManifestFile = {
    file: "other/role.yaml",
    text: "\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: board:reader }\n",
  };
  const other: Workload = { ...priceBoard, name: "other", manifests: [role] };

  test("is reported at both places if a device gets both workloads", () => {
    const mistakes = (() => {
      try {
        state([priceBoard, other]);
      } catch (error) {
        return (error as InputError).mistakes.map(formatMistake);
      }
      return [];
    })();
    expect(mistakes).toEqual([
      "board/board.yaml:20:1: price-board puts the ClusterRole board:reader on store-01, where other has it from other/role.yaml:2:1. Take it out of one of them, or select other devices.",
    ]);
  });

  test("is accepted on different devices", () => {
    const tills = { ...priceBoard, selector: { role: "till" } };
    expect(() => state([tills, { ...other, selector: { role: "kiosk" } }])).not.toThrow();
  });
});

/** Fleets in which any site may have values of its own, or none. */
const randomDevices = fc
  .array(
    fc.record({
      site: fc.constantFrom("boston", "gulf", "lagos"),
      ring: fc.constantFrom(...sampleFleet.rings),
      labels: fc.constantFrom({ role: "till" }, { role: "kiosk" }, {} as Device["labels"]),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) =>
    drafts.map(({ site, ...rest }, index) => device(`device-${index + 10}`, site, rest)),
  );
const randomSites = fc
  .uniqueArray(fc.constantFrom("boston", "gulf", "lagos"))
  .map((names): ReadonlyMap<string, Values> => new Map(names.toSorted().map((name) => [name, {}])));

describe("over random fleets", () => {
  const named = [{ ...board, text: board.text.replace("${ring}", "${site}") }];

  test("exactly one ApplicationSet of a workload takes each device that it selects", () => {
    fc.assert(
      fc.property(randomDevices, randomSites, fc.boolean(), (own, sites, apart) => {
        const workloads = [
          { ...priceBoard, sites, ...(apart && { manifests: named }) },
          { ...cache, sites },
          { ...till, sites },
        ];
        const tree = state(workloads, own);
        for (const { name, selector } of workloads) {
          const sets = setsOf(tree, name);
          for (const each of own) {
            const path = `hub/fleet/clusters/${each.name}.yaml`;
            const taking = sets.filter((set) => takes(set, load(tree.get(path)!) as Manifest));
            const selected = selector["role"] === undefined || each.labels["role"] === "till";
            expect(taking).toHaveLength(selected ? 1 : 0);
            for (const set of taking) {
              const { source, sources } = set.spec.template.spec as {
                source?: { path: string };
                sources?: readonly { path: string }[];
              };
              const folder = source?.path ?? sources?.[1]?.path;
              expect([...tree.keys()].some((file) => file.startsWith(`${folder}/`))).toBe(true);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test("another device never changes what Argo CD may do or watches", () => {
    fc.assert(
      fc.property(randomDevices, randomSites, (own, sites) => {
        const workloads = [
          { ...priceBoard, manifests: named },
          { ...till, sites },
        ];
        const before = state(workloads, own.slice(1));
        const after = state(workloads, own);
        const first = own[0]!;
        for (const path of changes(before, after)) {
          const folder = `${first.ring}@${first.site.name}/`;
          const isOwn =
            path === `hub/fleet/clusters/${first.name}.yaml` ||
            path.startsWith("hub/fleet/workloads/") ||
            path.split("/").slice(2).join("/").startsWith(folder);
          expect([path, isOwn]).toEqual([path, true]);
        }
      }),
      { numRuns: 25 },
    );
  });
});
