/** `flotilla status`: what it reads from a running fleet, what that means, and what it prints. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import {
  fleetStatus,
  summaryOf,
  withReleaseAge,
  type DeviceStatus,
} from "../../../../cli/hub/status/fleet-status.ts";
import { parseApplications, type Sources } from "../../../../cli/hub/status/sources.ts";
import { formatStatus } from "../../../../cli/hub/status/status-text.ts";
import type { StatusReport } from "../../../../cli/hub/status/status.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { flotilla, type Run } from "../../command-line.ts";
import { fakeHub, type FakeHub } from "../fake-kubectl.ts";
import {
  applicationList,
  playHub,
  releasesAnswer,
  statusPaths,
  type DeviceSample,
} from "./status-sample.ts";
import { temporaryFolder } from "../../temporary.ts";

const screen = { columns: undefined, colours: false };

const root = join(import.meta.dirname, "..", "..", "..", "..");

const hour = 3600;
const trouble: Readonly<Record<string, DeviceSample>> = {
  "store-0003": {
    ageSeconds: 3 * hour,
    applications: { "point-of-sale": { images: ["ghcr.io/stefanprodan/podinfo:6.9.0"] } },
  },
  "store-0005": { applications: { telemetry: { health: "Degraded" } } },
  "store-0007": { applications: { "point-of-sale": { sync: "OutOfSync", health: "Progressing" } } },
  "roaster-2": {
    ageSeconds: null,
    kubernetes: "",
    applications: {
      telemetry: { sync: "Unknown", images: [], condition: "ComparisonError", phase: "Error" },
    },
  },
  "roaster-3": { ageSeconds: null, registered: false, applications: { telemetry: null } },
  "store-0019": { ageSeconds: 12 * 24 * hour },
};

interface Workplace {
  readonly folder: string;
  readonly hub: FakeHub;
  readonly run: (...args: string[]) => Promise<Run>;
  readonly onTerminal: (
    columns: number,
    environment?: object,
    ...args: string[]
  ) => Promise<string>;
}

function workplace(samples: Readonly<Record<string, DeviceSample>> = trouble): Workplace {
  const folder = temporaryFolder();
  // Without the lock, so that its pins may change.
  copyFileSync(join(root, "fleet.yaml"), join(folder, "fleet.yaml"));
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const hub = fakeHub("hub");
  playHub(hub, fleet, Math.floor(Date.now() / 1000), samples);
  return {
    folder,
    hub,
    run: (...args) => flotilla(folder, ["status", ...args], hub.environment),
    async onTerminal(columns, environment = {}, ...args) {
      const stream = Object.assign(new Writable(), { isTTY: true, columns, rows: 24 });
      const all = { ...hub.environment, ...environment };
      return (await flotilla(folder, ["status", ...args], all, { stream })).out;
    },
  };
}

/** Ages differ by the duration of the test. */
const settled = (text: string) => text.replaceAll(/\b4\d s\b/g, "40 s");

/** The devices with a problem, and a few of the healthy ones. */
const words = ["kiosk-01", "packer-1", "roaster-*", "store-000?", "store-0019"];

describe("the table", () => {
  test("of a fleet with problems, in a pipe", async () => {
    const { run } = workplace();
    const { code, out, err } = await run(...words);
    expect([code, err]).toEqual([0, ""]);
    await expect(settled(out)).toMatchFileSnapshot("../../../golden/cli/status.txt");
  });

  test.each([120, 80, 60])("on a terminal of %d columns", async (columns) => {
    const { onTerminal } = workplace();
    const out = settled(await onTerminal(columns, { NO_COLOR: "1" }, ...words));
    const table = out.split("\n").slice(0, -3);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(columns);
    await expect(out).toMatchFileSnapshot(`../../../golden/cli/status-${columns}.txt`);
  });

  test("has colours on a terminal, unless they are turned off", async () => {
    const { onTerminal, run } = workplace();
    const coloured = await onTerminal(200, {}, ...words);
    expect(coloured).toContain("\u001b[31maway 3 h\u001b[0m");
    expect(coloured).toContain("\u001b[31mDegraded\u001b[0m");
    // eslint-disable-next-line no-control-regex
    const bare = coloured.replaceAll(/\u001b\[\d*m/g, "");
    expect(settled(bare)).toBe(settled((await run(...words)).out));
    for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      expect(await onTerminal(200, environment)).not.toContain("\u001b");
    }
  });

  test("without devices is only the summary", async () => {
    const { run } = workplace({});
    expect((await run("--degraded")).out).toBe(
      "0 devices: 0 present, 0 away, 0 unregistered, 0 degraded, 0 waiting\n",
    );
  });
});

describe("filters", () => {
  const shown = async (...args: string[]) => {
    const { out } = await workplace().run("--json", ...args);
    return (JSON.parse(out) as StatusReport).devices.map(({ device }) => device);
  };

  test("by site, ring, profile, label and name; all must hold", async () => {
    expect(await shown("--site", "boston-seaport", "--ring", "canary")).toEqual([
      "kiosk-01",
      "store-0001",
    ]);
    expect(await shown("--profile", "raspberry-pi-4", "kiosk-0?", "store-0001")).toHaveLength(8);
    const labels = ["--label", "role=till", "--label", "region=new-england"];
    expect(await shown(...labels)).toHaveLength(11);
    expect(await shown("roaster-1", "packer-*")).toEqual(["packer-1", "roaster-1"]);
  });

  test("by problem", async () => {
    const away = ["roaster-2", "roaster-3", "store-0003", "store-0019"];
    expect(await shown("--away")).toEqual(away);
    expect(await shown("--degraded")).toEqual(["store-0005"]);
    expect(await shown("--away", "--degraded")).toEqual([...away, "store-0005"].toSorted());
  });

  test("that cannot match anything are reported before the hub is asked", async () => {
    const { hub, run } = workplace();
    const { code, err } = await run("--site", "bostn-seaport", "--ring", "x");
    expect([code, err]).toEqual([
      1,
      'fleet.yaml: no device has the site "bostn-seaport". Did you mean boston-seaport?\n' +
        'fleet.yaml: no device has the ring "x". There are: canary, early, stable\n' +
        "flotilla: 2 mistakes\n",
    ]);
    const label = await run("--label", "role");
    expect([label.code, label.err]).toEqual([
      2,
      expect.stringContaining(
        "error: option '--label <name=value>' argument 'role' is invalid. Expected a label, name=value.\n",
      ),
    ]);
    expect((await run("stre-0001")).err).toContain("Did you mean store-0001?");
    expect(hub.calls()).toEqual([]);
  });
});

describe("what is reported about a device", () => {
  test("as JSON", async () => {
    const { run } = workplace();
    const report = JSON.parse((await run("--json")).out) as StatusReport;
    expect(report).toMatchObject({
      fleet: "harbor-pine",
      context: "hub",
      undeclared: [],
      problems: [],
      summary: {
        devices: 39,
        present: 34,
        away: 4,
        direct: 1,
        unknown: 0,
        unregistered: 2,
        degraded: 1,
        waiting: 3,
      },
    });
    const device = report.devices.find((each) => each.device === "store-0003");
    expect(Math.abs((device?.ageSeconds ?? 0) - 3 * hour)).toBeLessThan(60);
    expect({ ...device, ageSeconds: 10_800 }).toEqual({
      device: "store-0003",
      site: "new-england-stores",
      ring: "early",
      profile: "mini-pc",
      labels: { role: "till", region: "new-england" },
      presence: "away",
      ageSeconds: 10_800,
      registered: "yes",
      kubernetes: "1.36",
      k3s: null,
      coreos: null,
      workloads: [
        {
          name: "point-of-sale",
          wanted: "6.9.1",
          version: "6.9.0",
          sync: "Synced",
          health: "Healthy",
          failed: false,
        },
        {
          name: "telemetry",
          wanted: "1.9.1",
          version: "1.9.1",
          sync: "Synced",
          health: "Healthy",
          failed: false,
        },
      ],
      degraded: false,
      waiting: [{ workload: "point-of-sale", from: "6.9.0", to: "6.9.1" }],
    });
  });

  test.each([
    [180, "present"],
    [181, "away"],
    [-30, "present"],
  ])("a handshake %d s ago means %s", (ageSeconds, presence) => {
    const { fleet } = loadSample();
    const [device] = fleet.devices;
    const address = device?.address ?? "";
    const [status] = fleetStatus(fleet, sources({ [address]: 1_000_000 - ageSeconds }), 1_000_000);
    expect(status).toMatchObject({ presence, ageSeconds: Math.max(0, ageSeconds) });
  });

  test.each([
    [["registry.example:5000/a/helper:1.0", "ghcr.io/a/pos:6.9.1"], "6.9.1"],
    [["registry.example:5000/a/helper:1.0", "ghcr.io/a/pos:6.9.0"], null],
    [["ghcr.io/a/pos:v6.9.0@sha256:0123"], "6.9.0"],
    [["registry.example:5000/a/pos"], null],
    [[], null],
  ])("the images %j mean the version %s", (images, version) => {
    const { fleet } = loadSample();
    const device = fleet.devices.find(({ name }) => name === "store-0012");
    if (device === undefined) throw new Error("no device");
    const application = { sync: "Synced", health: "Healthy", failed: false, images };
    const applications = [{ device: device.name, workload: "point-of-sale", ...application }];
    const read = { ...sources({}), applications: { value: applications } };
    const [status] = fleetStatus({ ...fleet, devices: [device] }, read, 0);
    expect(status?.workloads[0]).toMatchObject({ name: "point-of-sale", wanted: "6.9.1", version });
  });

  test("a device that failed to sync while it was present is degraded; one that is away is not", async () => {
    const failing = { phase: "Failed", sync: "OutOfSync" };
    const { run } = workplace({
      "store-0001": { applications: { telemetry: failing } },
      "store-0002": { ageSeconds: hour, applications: { telemetry: failing } },
    });
    const { devices } = JSON.parse((await run("--json", "store-000?")).out) as StatusReport;
    expect(devices.filter(({ degraded }) => degraded).map(({ device }) => device)).toEqual([
      "store-0001",
    ]);
    expect((await run("store-0001")).out).toContain("   OutOfSync failed   ");
  });

  test("a device with a direct connection is away if Argo CD can't reach it", async () => {
    const { run } = workplace({ "packer-1": { connected: false } });
    expect((await run("packer-1")).out).toMatch(/packer-1 .* stable {3}away {3}yes/);
  });

  test("that the hub has and the fleet file does not declare", async () => {
    const { hub, run } = workplace({});
    hub.answer(statusPaths.secrets, "old-01   Opaque   3   90d\nstore-0001   Opaque   3   20d\n");
    expect((await run()).out).toContain("\nOn the hub, but not in the fleet file: old-01\n");
  });
});

describe("what can't be read", () => {
  test("is reported once with its reason, and shown as ?", async () => {
    const { hub, run } = workplace();
    const forbidden = (verb: string, what: string, where: string) =>
      `Error from server (Forbidden): ${what} is forbidden: User "ada" cannot ${verb} resource ` +
      `"${what}" in API group "" in the namespace "${where}"`;
    hub.fail("services/http:gateway", forbidden("get", "services/proxy", "flotilla-gateway"));
    hub.fail("/applications", forbidden("list", "applications", "argocd"));
    const { code, out, err } = await run("store-0001");
    expect(code).toBe(0);
    expect(err).toBe(
      "? applications: ada may not list applications in the namespace argocd. Give this user the permission " +
        "(a Role with the verb list), or log in as another one\n" +
        "? handshakes of gateway: ada may not get services/proxy in the namespace " +
        "flotilla-gateway. Give this user the permission (a Role with the verb get), or log in as another " +
        "one\n",
    );
    expect(out).toMatch(/^store-0001 +boston-seaport +canary +\? +yes +\? +\? +1\.36$/m);
    expect(out).toContain("1 device: 0 present, 0 away, 1 unknown, ");
    expect((await run("--exit-code")).code).toBe(1);
  });

  test("versions of a device that does not answer", async () => {
    const { folder, run } = workplace();
    expect((await run("--versions", "store-0001")).err).toContain("flotilla keygen");
    await flotilla(folder, ["keygen"]);
    const { code, out, err } = await run("--versions", "store-0001");
    expect(code).toBe(0);
    expect(err).toMatch(
      /^\? versions: 1 of 1 devices did not answer: store-0001 \(.*ECONNREFUSED/m,
    );
    expect(out).toContain("store-0001   boston-seaport   canary   4");
    expect((await run("--versions", "--watch")).code).toBe(2);
  });

  test("the whole hub: no table is printed", async () => {
    const { hub, run } = workplace();
    hub.fail("get", "Unable to connect to the server: dial tcp 192.0.2.10:443: i/o timeout");
    expect(await run()).toMatchObject({ code: 1, out: "" });
  });

  test("another fleet's hub: no table is printed", async () => {
    const { hub, run } = workplace();
    hub.put(statusPaths.mark, { data: { fleet: "harbor", keyId: "0123456789abcdef" } });
    const { code, out, err } = await run();
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("is the hub of the fleet harbor (root key 0123456789abcdef)");
  });
});

test("--exit-code is 1 if something is wrong", async () => {
  expect((await workplace({}).run("--exit-code")).code).toBe(0);
  const { run } = workplace();
  expect((await run("--exit-code")).code).toBe(1);
  expect((await run("--exit-code", "store-0001")).code).toBe(0);
  expect((await run("--exit-code", "store-0005")).code).toBe(1);
  expect((await run("--exit-code", "--watch")).code).toBe(2);
});

test("the hub's metrics say how old the systems are, without --versions", async () => {
  const { hub, run } = workplace({});
  const daysAgo = (days: number) => Math.floor(Date.now() / 86_400_000 - days) * 86_400;
  hub.answer(
    statusPaths.releases,
    releasesAnswer([
      ["store-0001", daysAgo(88)],
      ["store-0002", daysAgo(20)],
    ]),
  );
  const { code, out, err } = await run("--exit-code");
  expect([code, err]).toEqual([1, ""]);
  expect(out).toMatch(/store-0001 .* 88 days old/);
  expect(out.match(/days old/g)).toHaveLength(1);
  expect(out).toContain(", 1 with an outdated system");
  const { devices } = JSON.parse((await run("--json")).out) as { devices: DeviceStatus[] };
  const ages = new Map(devices.map((each) => [each.device, [each.coreosDays, each.outdated]]));
  expect(ages.get("store-0001")).toEqual([88, true]);
  expect(ages.get("store-0002")).toEqual([20, false]);
  expect(ages.get("store-0003")).toEqual([undefined, undefined]);
  hub.answer(statusPaths.releases, "<html>");
  expect((await run()).err + (await run()).out).toContain("releases of Fedora CoreOS: the hub's");
});

test("coreos.outdatedAfterDays sets the age at which a system is outdated", () => {
  const { fleet } = loadSample();
  const [first] = fleetStatus(fleet, sources({}), 0);
  if (!first) throw new Error("no devices");
  const now = Date.UTC(2026, 10, 28) / 1000;
  const outdated = (outdatedAfterDays: number, coreos: string) =>
    withReleaseAge({ coreos: { outdatedAfterDays } }, sources({}), { ...first, coreos }, now)
      .outdated;
  expect(outdated(21, "44.20261107.3.0")).toBe(false);
  expect(outdated(21, "44.20261106.3.0")).toBe(true);
  expect(outdated(90, "44.20260901.3.1")).toBe(false);
});

test("a device whose system no longer updates itself is marked and counted", () => {
  const { fleet } = loadSample();
  const [first, second, third] = fleetStatus(fleet, sources({}), 0);
  if (!first || !second || !third) throw new Error("no devices");
  const now = Date.UTC(2026, 10, 28) / 1000;
  const hub = sources({});
  const devices = [
    withReleaseAge(fleet, hub, { ...first, k3s: "v1.36.4+k3s1", coreos: "44.20260901.3.1" }, now),
    withReleaseAge(fleet, hub, { ...second, k3s: "v1.36.4+k3s1", coreos: "44.20261101.3.0" }, now),
    withReleaseAge(fleet, hub, third, now),
  ];
  expect(devices.map(({ coreosDays, outdated }) => [coreosDays, outdated])).toEqual([
    [88, true],
    [27, false],
    [undefined, undefined],
  ]);
  const summary = summaryOf(devices);
  expect([summary.outdated, summaryOf([third]).outdated]).toEqual([1, undefined]);
  const text = formatStatus({ devices, summary, undeclared: [] }, screen);
  expect(text).toMatch(/v1\.36\.4\+k3s1 +44\.20260901\.3\.1 \(88 days old\)/);
  expect(text).toContain("44.20261101.3.0");
  expect(text).not.toContain("44.20261101.3.0 (");
  expect(text).toContain(", 1 with an outdated system");
  for (const columns of [110, 90, 70]) {
    const narrow = formatStatus({ devices, summary, undeclared: [] }, { ...screen, columns });
    expect(narrow).toMatch(/ coreos .*\n.* 88 d old /);
    const none = formatStatus(
      { devices: [second], summary, undeclared: [] },
      { ...screen, columns },
    );
    expect(none).not.toContain("coreos");
  }
});

test("a list of a thousand devices is read in less than a second of CPU time", () => {
  const { fleet } = loadSample();
  const [device] = fleet.devices;
  if (device === undefined) throw new Error("no device");
  const devices = Array.from({ length: 1000 }, (_, number) => {
    const address = `100.64.${8 + (number >> 8)}.${number & 255}`;
    return { ...device, name: `store-${number}`, address };
  });
  const large = { ...fleet, devices };
  const text = JSON.stringify(applicationList(large, () => ({})));
  const start = process.cpuUsage();
  const read = { ...sources({}), applications: { value: parseApplications(text) } };
  const shown = { devices: fleetStatus(large, read, 0), summary: summaryOf([]), undeclared: [] };
  const table = formatStatus(shown, screen);
  const { user, system } = process.cpuUsage(start);
  expect(table.split("\n").length).toBeGreaterThan(1000);
  expect((user + system) / 1e6).toBeLessThan(1);
});

function loadSample() {
  const folder = temporaryFolder();
  copyFileSync(join(root, "fleet.yaml"), join(folder, "fleet.yaml"));
  return loadFleet(join(folder, "fleet.yaml"));
}

function sources(handshakes: Readonly<Record<string, number>>): Sources {
  const value = new Map(Object.entries(handshakes));
  return {
    identity: { value: {} },
    applications: { value: [] },
    registrations: { value: new Set() },
    clusters: [{ value: new Map() }],
    releases: { value: new Map() },
    handshakes: new Map([["gateway", { value }]]),
    gatewayGenerations: new Map(),
  };
}
