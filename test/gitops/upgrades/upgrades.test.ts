/** What upgrades are in the state repository, and which device gets which. */
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import { calendarName, calendarOf } from "../../../fleet/rules/calendar.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import type { Device, Site } from "../../../fleet/model/device.ts";

const golden = join(import.meta.dirname, "..", "..", "golden", "upgrades");
const versions = new Map([
  ["canary", "v1.36.5+k3s1"],
  ["early", "v1.36.4+k3s1"],
  ["stable", "v1.36.4+k3s1"],
]);
const [first = expect.fail()] = sampleFleet.devices;

/** Its windows pass midnight and the week's end, and its workloads wait for them. */
const lisbon: Site = {
  ...first.site,
  name: "lisbon",
  timeZone: "Europe/Lisbon",
  maintenance: {
    days: ["Sun"],
    start: "23:00",
    lengthMinutes: 180,
    also: [{ days: ["Wed"], start: "02:30", lengthMinutes: 90 }],
    workloads: "window",
  },
};

const { pins } = sampleFleet;
/** What the lock has of a release that no image installs. */
const upgrade = {
  binary: { x86_64: "1".repeat(64), aarch64: "2".repeat(64) },
  image: `docker.io/rancher/k3s-upgrade:v1.36.5-k3s1@sha256:${"3".repeat(64)}`,
};

const fleet: Fleet = {
  ...sampleFleet,
  pins: { ...pins, k3s: { ...pins.k3s, upgrades: { "v1.36.5+k3s1": upgrade } } },
  k3s: { versions },
  devices: sampleFleet.devices.map((device) =>
    device.name === "kiosk-01" ? { ...device, site: lisbon } : device,
  ),
};

interface ArgoObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly generators: readonly {
      readonly clusters: {
        readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      };
    }[];
    readonly template: { readonly spec: { readonly project: string } };
  } & Readonly<Record<string, unknown>>;
}

const synthesized = (of: Fleet) => synthesizeState(of, samplePublicKeys);
const state = synthesized(fleet);

function objects(path: string, tree = state): readonly ArgoObject[] {
  return loadAll(tree.get(path) ?? "") as ArgoObject[];
}

function projectOf(name: string, path: string, tree = state): ArgoObject["spec"] {
  const found = objects(path, tree).find(({ metadata }) => metadata.name === name);
  return found?.spec ?? expect.fail(`no project ${name}`);
}

const isOwn = (path: string) =>
  /^(edge\/system-upgrade|hub\/fleet\/(upgrades|projects|clusters\/kiosk))/.test(path);

test.each([...state.keys()].filter(isOwn))("%s is as reviewed", async (path) => {
  await expect(state.get(path)).toMatchFileSnapshot(join(golden, path));
});

test("without versions there is nothing of it", () => {
  for (const [path, text] of synthesized({ ...fleet, k3s: null })) {
    expect(path + text).not.toMatch(/system-upgrade|cattle|flotilla\.dev\/calendar/);
  }
});

test("upgrades run on nodes with any taint, where the fleet file has taints", () => {
  const machine = { k3s: { nodeTaints: ["dedicated=till:NoSchedule"] } };
  const tainted = fleet.devices.map((device, index) =>
    index > 0 ? device : { ...device, machine },
  );
  const found = [...synthesized({ ...fleet, devices: tainted })].filter(([path]) =>
    /^edge\/system-upgrade\/.*\/(plan-k3s|deployment)/.test(path),
  );
  expect(found.length).toBeGreaterThan(3);
  for (const [path, text] of found) {
    expect(text, path).toMatch(/^ +tolerations:\n +- operator: Exists$/m);
  }
});

describe("which device gets which", () => {
  test("each is in one rollout, whose Plans have its ring's version and its site's zone", () => {
    const rollouts = objects("hub/fleet/upgrades.yaml");
    for (const device of fleet.devices) {
      const [secret = expect.fail()] = objects(`hub/fleet/clusters/${device.name}.yaml`);
      const mine = rollouts.filter(({ spec }) =>
        Object.entries(spec.generators[0]?.clusters.selector.matchLabels ?? {}).every(
          ([key, value]) => secret.metadata.labels?.[key] === value,
        ),
      );
      expect(mine).toHaveLength(1);
      const name = calendarName(calendarOf(device.site));
      const plan = load(
        state.get(`edge/system-upgrade/${device.ring}@${name}/plan-k3s.yaml`) ?? "",
      ) as { readonly spec: { readonly version: string; readonly window: unknown } };
      expect(plan.spec.version).toBe(versions.get(device.ring));
      expect(plan.spec.window).toMatchObject({ timeZone: device.site.timeZone });
    }
  });

  test("another device of an existing ring and calendar changes only its own files", () => {
    const twin: Device = { ...first, name: "depot-02", address: "203.0.113.8" };
    const next = synthesized({ ...fleet, devices: [...fleet.devices, twin] });
    const changed = [...next].filter(([path, text]) => state.get(path) !== text);
    expect(changed.map(([path]) => path)).toEqual(["hub/fleet/clusters/depot-02.yaml"]);
  });
});

describe("Argo CD's projects", () => {
  const fleetProject = projectOf("fleet", "hub/argocd/projects.yaml");

  test("workloads gain no rights by upgrades", () => {
    const before = synthesized({ ...fleet, k3s: null });
    expect(fleetProject).toEqual(projectOf("fleet", "hub/argocd/projects.yaml", before));
  });

  test("upgrades stay in their namespace, on devices", () => {
    const { destinations } = projectOf("upgrades", "hub/argocd/projects.yaml");
    expect(destinations).toEqual([{ server: "https://*:6443", namespace: "system-upgrade" }]);
  });

  test("a site's own has the rights of the fleet's, in the site's windows", () => {
    const { syncWindows, description, ...rights } = projectOf(
      "fleet-lisbon",
      "hub/fleet/projects/lisbon.yaml",
    );
    const { description: _other, ...fleetRights } = fleetProject;
    expect(rights).toEqual(fleetRights);
    expect(description).toContain("lisbon");
    const common = { kind: "allow", applications: ["*"], manualSync: true };
    const timeZone = "Europe/Lisbon";
    expect(syncWindows).toEqual([
      { ...common, timeZone, schedule: "30 2 * * 3", duration: "90m" },
      { ...common, timeZone, schedule: "0 23 * * 0", duration: "180m" },
    ]);
  });

  test("a registration names its project where that is another than the fleet's", () => {
    const labelOf = (name: string) =>
      objects(`hub/fleet/clusters/${name}.yaml`)[0]?.metadata.labels?.["flotilla.dev/project"];
    expect(labelOf("kiosk-01")).toBe("fleet-lisbon");
    expect(labelOf("store-01")).toBeUndefined();
    const projects = objects("hub/fleet/workloads/telemetry.yaml").map(
      ({ spec }) => spec.template.spec.project,
    );
    const template = `{{index .metadata.labels "flotilla.dev/project" | default "fleet"}}`;
    expect(new Set(projects)).toEqual(new Set([template]));
  });
});
