/** The status of a fleet whose devices are compared by several pods of Argo CD's controller. */
import { appendFileSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StatusReport } from "../../../../cli/hub/status/status.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { shardOf } from "../../../../fleet/rules/shards.ts";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeHub } from "../fake-kubectl.ts";
import { controllerMetrics, playHub, statusPaths } from "./status-sample.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");

describe("the shards of Argo CD's controller", () => {
  const here = ({ device }: { device: string }) => shardOf(device, 2);
  /** Nothing was compared yet, so the controller alone knows. */
  const untouched = { applications: { "point-of-sale": null, telemetry: null } };

  function inShards() {
    const folder = temporaryFolder();
    const file = join(folder, "fleet.yaml");
    copyFileSync(join(root, "fleet.yaml"), file);
    const { fleet } = loadFleet(file);
    const hub = fakeHub("hub");
    const samples = Object.fromEntries(fleet.devices.map(({ name }) => [name, untouched]));
    playHub(hub, fleet, Math.floor(Date.now() / 1000), samples);
    appendFileSync(file, "\nargocd: { shards: 2 }\n");
    // One pod of the Service alone would answer.
    hub.answer(statusPaths.controller, controllerMetrics({ devices: [] }));
    for (const shard of [0, 1]) {
      const devices = fleet.devices.filter(({ name }) => shardOf(name, 2) === shard);
      hub.answer(statusPaths.shard(shard), controllerMetrics({ devices }));
    }
    const run = (...args: string[]) => flotilla(folder, ["status", ...args], hub.environment);
    return { hub, run };
  }

  test("are all read", async () => {
    const { run } = inShards();
    const { out, err } = await run("--json");
    const { devices, problems } = JSON.parse(out) as StatusReport;
    expect([err, problems]).toEqual(["", []]);
    expect(new Set(devices.map(here))).toEqual(new Set([0, 1]));
    expect(devices.filter(({ registered }) => registered !== "yes")).toEqual([]);
  });

  test("that do not answer are named, and their devices alone are unknown", async () => {
    const { hub, run } = inShards();
    const pod = "argocd-application-controller-1";
    hub.fail(pod, `Error from server (NotFound): pods "${pod}" not found`);
    const { devices, problems } = JSON.parse((await run("--json")).out) as StatusReport;
    expect(problems).toEqual([
      expect.stringMatching(/^shard 1 of Argo CD's controller, which compares .*: not found: /),
    ]);
    for (const device of devices) {
      expect(device.registered).toBe(here(device) === 1 ? "unknown" : "yes");
    }
    expect((await run("--exit-code")).code).toBe(1);
  });
});
