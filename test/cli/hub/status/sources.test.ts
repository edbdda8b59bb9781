/** The answers of a hub that somebody broke into: any value at any place. */
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseApplications,
  parseReleases,
  readSources,
} from "../../../../cli/hub/status/sources.ts";
import { KubectlError } from "../../../../cli/hub/kubectl/kubectl-errors.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { flotilla } from "../../command-line.ts";
import { fakeHub } from "../fake-kubectl.ts";
import { temporaryFolder } from "../../temporary.ts";
import { applicationList, playHub, statusPaths } from "./status-sample.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const { fleet } = loadFleet(join(import.meta.dirname, "..", "..", "..", "..", "fleet.yaml"));
const list = JSON.parse(JSON.stringify(applicationList(fleet, () => ({})))) as {
  items: Json[];
};
const sample = { items: list.items.slice(0, 2) };

/** Every place of a value. */
function places(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]));
  return [path, ...inner];
}

function replaced(value: Json, [key, ...rest]: readonly string[], by: Json): Json {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, Json>;
  copy[key] = replaced(copy[key] ?? null, rest, by);
  return copy;
}

const anywhere = fc
  .tuple(fc.constantFrom(...places(sample)), fc.jsonValue({ maxDepth: 3 }))
  .map(([place, value]) => JSON.stringify(replaced(sample, place, value as Json)));

test("applications of any shape are read, or are a problem", () => {
  const isText = (value: unknown) => typeof value === "string";
  fc.assert(
    fc.property(fc.oneof(anywhere, fc.json(), fc.string()), (answer) => {
      try {
        for (const each of parseApplications(answer)) {
          const { device, workload, sync, health, failed, images, targets = [] } = each;
          expect([device, workload, sync, health].every(isText)).toBe(true);
          expect(typeof failed).toBe("boolean");
          expect([...images, ...targets].every(isText)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(KubectlError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("what Prometheus answers in any shape is read, or is a problem", () => {
  const result = [{ metric: { device: "a" }, value: [1.5, "1790000000"] }];
  const answer: Json = { status: "success", data: { resultType: "vector", result } };
  expect([...parseReleases(JSON.stringify(answer))]).toEqual([["a", 1_790_000_000]]);
  const changed = fc
    .tuple(fc.constantFrom(...places(answer)), fc.jsonValue({ maxDepth: 3 }))
    .map(([place, value]) => JSON.stringify(replaced(answer, place, value as Json)));
  fc.assert(
    fc.property(fc.oneof(changed, fc.json(), fc.string()), (text) => {
      try {
        for (const [device, seconds] of parseReleases(text)) {
          expect([typeof device, Number.isSafeInteger(seconds)]).toEqual(["string", true]);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(KubectlError);
      }
    }),
    { numRuns: 1000 },
  );
});

async function statusWith(path: string, answer: string) {
  const folder = temporaryFolder();
  const hub = fakeHub("hub");
  await flotilla(folder, ["init"]);
  playHub(hub, loadFleet(join(folder, "fleet.yaml")).fleet, Math.floor(Date.now() / 1000));
  hub.answer(path, answer);
  return flotilla(folder, ["status"], hub.environment);
}

const named = (status: unknown) => JSON.stringify({ items: [{ metadata: {}, status }] });
test.each([
  ["no list", "[]", "expected object, received array"],
  ["no JSON", "<html>", "the answer is not JSON"],
  ["a number", named({ sync: { status: 5 } }), '"items.0.status.sync.status": Invalid input'],
  ["images that are a text", named({ summary: { images: "x" } }), "received string"],
  ["a million levels", "[".repeat(1_000_000), "nested deeper than 64 levels"],
])("applications that are wrong are a line of the status: %s", async (_, answer, problem) => {
  const { code, out, err } = await statusWith(statusPaths.applications, answer);
  expect(code, err).toBe(0);
  expect(out + err).toContain("applications: the hub's answer is invalid: ");
  expect(out + err).toContain(problem);
  expect(out + err).toContain("cafe-01");
});

test.each([
  ["no JSON", "<html>"],
  ["a text for data", '{"data": "x"}'],
  ["a number in data", '{"data": {"fleet": 5}}'],
])("an owner that is wrong is a line of the status: %s", async (_, answer) => {
  const { code, out, err } = await statusWith(statusPaths.mark, answer);
  expect(code, err).toBe(0);
  expect(out + err).toContain("whose hub this is: the hub's answer is invalid: ");
});

test("a large fleet's applications are read by workload, so that no answer is too large", async () => {
  const [first] = fleet.devices;
  const devices = Array.from({ length: 3_000 }, (_, index) => ({
    ...first!,
    name: `till-${index}`,
  }));
  if (fleet.cloud.provider !== "google") throw new Error("another cloud");
  const nodePool = { ...fleet.cloud.nodePool, machineType: null };
  const large = { ...fleet, devices, platform: null, cloud: { ...fleet.cloud, nodePool } };
  const asked: string[] = [];
  const kubectl = async ([, , path = ""]: readonly string[]) => {
    asked.push(path);
    const workload = large.workloads.find(({ name }) => path === statusPaths.applicationsOf(name));
    if (workload === undefined) return "";
    return JSON.stringify(applicationList({ ...large, workloads: [workload] }, () => ({})));
  };
  const hub = { context: "hub", server: "https://192.0.2.10", kubectl };
  const { applications } = await readSources(large, hub);
  expect(applications.value?.length).toBe(
    (JSON.parse(JSON.stringify(applicationList(large, () => ({})))) as { items: Json[] }).items
      .length,
  );
  expect(applications.value?.length).toBeGreaterThan(2_999);
  expect(asked).not.toContain(statusPaths.applications);
});
