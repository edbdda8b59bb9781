/**
 * What the real ApplicationSet controller of Argo CD makes from registrations: exactly the expected
 * applications, and nothing that would delete a workload if registrations are removed.
 */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatRootKey, parseRootKey } from "../../../fleet/keys/root-key.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { statePath } from "../../../fleet/model/state-layout.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../../cli/hub/api-server.ts";
import { processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { applyDefinitions } from "../definitions.ts";
import { publicKeysOf, stateObjects, wholeFleet, type StateObject } from "../whole-state.ts";
import type { Device } from "../../../fleet/model/device.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

const argoCd = peerPath("argo-cd-3.6.1");
const definitions = peerPath("argo-cd-crds-3.6.1");
const isReady = hasApiServer && argoCd !== undefined && definitions !== undefined;
const why = isReady
  ? ""
  : " (SKIPPED: no control plane or no Argo CD; run test/peers/build.sh e2e)";

/** A thousand take minutes. */
const sizes = [3, 40];

const roles = ["till", "kiosk", "plant"];
const siteNames = ["boston", "mobile", "portland", "savannah"];

/** Its workloads wait for the maintenance window, so they are in a project of their own. */
const confinedSite = "portland";

/** Devices of each role, ring and site, in a different rhythm each. */
function fleetOf(count: number): Fleet {
  const [sample] = wholeFleet.devices;
  if (sample === undefined) throw new Error("the sample fleet has no device");
  const { days, start, lengthMinutes, also } = sample.site.maintenance;
  const maintenance = { days, start, lengthMinutes, ...(also && { also }) };
  const devices = Array.from({ length: count }, (_, index): Device => {
    const name = `device-${String(index + 1).padStart(4, "0")}`;
    const site = siteNames[Math.floor(index / 5) % siteNames.length] ?? "";
    return {
      ...sample,
      name,
      connectivity: isDirect(index) ? "direct" : "gateway",
      address: `100.64.${(index + 2) >> 8}.${(index + 2) & 255}`,
      serverName: `${name}.harbor`,
      snippets: [],
      site: {
        ...sample.site,
        name: site,
        maintenance: {
          ...maintenance,
          ...(site === confinedSite && { workloads: "window" as const }),
        },
      },
      ring: wholeFleet.rings[index % wholeFleet.rings.length] ?? "",
      labels: { role: roles[index % 4] ?? "till" },
    };
  });
  const selectors = new Map<string, Workload["selector"]>([
    ["telemetry", {}],
    ["price-board", { role: "kiosk" }],
    ["cache", { role: "plant" }],
  ]);
  const workloads = wholeFleet.workloads.map((workload) => ({
    ...workload,
    selector: selectors.get(workload.name) ?? { role: "till" },
    ...(workload.name === "price-board" && {
      sites: new Map([["mobile", { title: "Prices in Mobile" }]]),
    }),
  }));
  return { ...wholeFleet, hub: { generation: 2 }, devices, workloads };
}

const isDirect = (index: number) => index % 3 === 2;

interface Expected {
  readonly name: string;
  readonly device: string;
  readonly namespace: string;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
}

/** Counted from the fleet again, without code of the product. */
function expected({ devices, workloads }: Fleet): readonly Expected[] {
  const statements = devices
    .filter((_, index) => isDirect(index))
    .map(({ name, site }): Expected => ({
      name: `${name}.hub-statement`,
      device: name,
      namespace: "kube-system",
      project: "hub-statement",
      labels: { "flotilla.dev/device": name, "flotilla.dev/site": site.name },
      path: "edge/hub-statement",
    }));
  return devices
    .flatMap((device) =>
      workloads
        .filter(({ selector }) =>
          Object.entries(selector).every(([label, value]) => device.labels[label] === value),
        )
        .map(({ name, sites }): Expected => {
          const hasOwn = sites?.has(device.site.name) === true;
          return {
            name: `${device.name}-${name}`,
            device: device.name,
            namespace: name,
            project: device.site.name === confinedSite ? `fleet-${confinedSite}` : "fleet",
            labels: {
              "flotilla.dev/device": device.name,
              "flotilla.dev/ring": device.ring,
              "flotilla.dev/site": device.site.name,
              "flotilla.dev/workload": name,
            },
            path: `edge/${name}/${device.ring}${hasOwn ? `@${device.site.name}` : ""}`,
          };
        }),
    )
    .concat(statements)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Application extends StateObject {
  readonly spec: {
    readonly project: string;
    readonly destination: { readonly name: string; readonly namespace: string };
    readonly source?: { readonly path?: string };
    readonly sources?: readonly { readonly path?: string }[];
    readonly syncPolicy: unknown;
  };
}

describe.skipIf(!isReady)(`the real ApplicationSet controller${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "sets-"));
  const parts = processes(join(folder, "argocd"));
  let server: ApiServer;

  beforeAll(async () => {
    const key = parseRootKey(formatRootKey(new Uint8Array(32).fill(7)));
    const [device] = wholeFleet.devices;
    if (key === undefined || device === undefined) throw new Error("no key or no device");
    server = await startApiServer(folder, wholeFleet, device, key);
    await applyDefinitions(server, [definitions ?? ""]);
    await applyObjects(server, settings);
    const program = join(folder, "argocd-applicationset-controller");
    symlinkSync(argoCd ?? "", program);
    const controller = parts.service({
      name: "applicationset-controller",
      command: [
        program,
        "--namespace=argocd",
        "--metrics-addr=0",
        "--probe-addr=0",
        "--webhook-addr=127.0.0.1:0",
        // No generator of Flotilla asks it for anything.
        "--argocd-repo-server=127.0.0.1:1",
        "--repo-server-plaintext",
      ],
      environment: {
        KUBECONFIG: await server.user("/O=system:masters/CN=argocd"),
        ARGOCD_K8S_CLIENT_QPS: "500",
        ARGOCD_K8S_CLIENT_BURST: "1000",
      },
    });
    await controller.start();
  }, 180_000);

  afterAll(async () => {
    await parts.end();
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test.each(sizes)(
    "makes exactly the expected applications for %i registered devices",
    async (count) => {
      const fleet = fleetOf(count);
      const state = stateObjects(synthesizeState(fleet, publicKeysOf(fleet)));
      const wanted = expected(fleet);
      await applyObjects(server, state.filter(isForSets));
      const found = await settled(server, wanted, count);
      const projects = new Set(
        state.filter(({ kind }) => kind === "AppProject").map(({ metadata: { name } }) => name),
      );
      for (const { metadata, spec } of found) {
        expect(projects).toContain(spec.project);
        // With one, deleting the application would delete what it put on the device.
        expect(metadata.finalizers).toBeUndefined();
        expect(spec.syncPolicy).toMatchObject({
          automated: { prune: true, selfHeal: true },
          retry: { limit: -1 },
        });
      }
      await expectNoErrors(server);
    },
    300_000,
  );

  test("removes the applications of removed devices, and deletes nothing on them", async () => {
    const sets = await list<ApplicationSet>(server, "applicationsets");
    expect(sets.length).toBeGreaterThan(9);
    for (const { spec } of sets) {
      expect(spec.syncPolicy).toEqual({ preserveResourcesOnDeletion: true });
    }
    expect((await list(server, "applications")).length).toBeGreaterThan(0);
    await server.admin(["delete", "secrets", "-n", "argocd", "-l", clusterLabel, "--wait=false"]);
    // At once: nothing waits for a device.
    await settled(server, [], 40);
    await expectNoErrors(server);
  }, 120_000);
});

interface ApplicationSet extends StateObject {
  readonly spec: { readonly syncPolicy: unknown };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

const clusterLabel = "argocd.argoproj.io/secret-type=cluster";

/** What `flotilla bootstrap` and the chart make first. */
const settings = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "argocd" } },
  ...["ConfigMap argocd-cm", "Secret argocd-secret"].map((text) => {
    const [kind = "", name = ""] = text.split(" ");
    const labels = { "app.kubernetes.io/part-of": "argocd" };
    return { apiVersion: "v1", kind, metadata: { name, namespace: "argocd", labels } };
  }),
];

/** Projects, registrations, and the sets of workloads; those of upgrades are the upgrades' own. */
function isForSets({ kind, path }: StateObject): boolean {
  if (kind === "AppProject") return true;
  if (kind === "Secret") return path.startsWith("hub/fleet/clusters/");
  return kind === "ApplicationSet" && path !== statePath({ kind: "upgradeRollouts" });
}

async function applyObjects(server: ApiServer, objects: readonly object[]): Promise<void> {
  const items = objects.map((object) => ({ ...object, path: undefined }));
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await server.admin(["apply", "--server-side", "--force-conflicts", "-f", "-"], text);
}

async function list<Item>(server: ApiServer, kind: string): Promise<readonly Item[]> {
  const answer = await server.admin(["get", kind, "-n", "argocd", "-o", "json"]);
  return (JSON.parse(answer) as { items: Item[] }).items;
}

/**
 * Waits until the applications are exactly the expected ones, and returns them. The controller reads
 * registrations and ApplicationSets one after the other, so that their number alone is right earlier.
 */
async function settled(server: ApiServer, wanted: readonly Expected[], devices: number) {
  let found: readonly Application[] = [];
  const read = async () => {
    const items = await list<Application>(server, "applications");
    found = items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return found.map(summary);
  };
  const timeout = (180 + devices / 5) * 1_000;
  await expect.poll(read, { timeout, interval: 500 }).toEqual(wanted);
  return found;
}

function summary({ metadata, spec }: Application): Expected {
  const paths = [...(spec.sources ?? []), ...(spec.source ? [spec.source] : [])].flatMap(
    ({ path }) => path ?? [],
  );
  const { name, labels = {} } = metadata;
  const { name: device, namespace } = spec.destination;
  const { project } = spec;
  return { name, device, namespace, project, labels, path: paths.join(" and ") };
}

async function expectNoErrors(server: ApiServer): Promise<void> {
  const wrong = async () => {
    const sets = await list<ApplicationSet>(server, "applicationsets");
    return sets.flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ type, status: is }) => type === "ErrorOccurred" && is === "True")
        .map(({ message }) => `${metadata.name}: ${message}`),
    );
  };
  await expect.poll(wrong, { timeout: 30_000, interval: 1_000 }).toEqual([]);
}
