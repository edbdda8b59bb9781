/**
 * The plan is true: random edits of random fleets, compared with what an independent program finds in the
 * rendered files. FLOTILLA_PLAN_RUNS sets the number of fleets, FLOTILLA_PLAN_SEED the first of them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPlan } from "../../../cli/plan/plan-text.ts";
import { planPage } from "../../../cli/plan/plan-page.ts";
import { outcomes, type Plan } from "../../../cli/plan/plan.ts";
import { planOf } from "../../../cli/plan/project-plan.ts";
import { loadProject, type Project } from "../../../cli/project/project.ts";
import { fleetFiles } from "../../../edge/fleet-devices.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { deviceSecrets } from "../../../fleet/keys/secrets.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import { saveLock } from "../../../fleet/resolve/load.ts";
import { temporaryFolder } from "../temporary.ts";
import { comparisonOf } from "./comparison.ts";
import { expectedPlan, type Expected } from "./plan-oracle.ts";
import { emptyLock, formatLock, withPins } from "../../../fleet/lock/lock.ts";
import { optionFiles } from "./fleet-options.ts";
import { editedFleets, releases } from "./random-fleets.ts";

const runs = Number(process.env["FLOTILLA_PLAN_RUNS"] ?? 40);
const seed = Number(process.env["FLOTILLA_PLAN_SEED"] ?? 20261128);
const environment = { FLOTILLA_KEY: formatRootKey(new Uint8Array(32).fill(7)).trim() };

interface Rendered {
  readonly fleet: Fleet;
  readonly state: Tree;
  /** What installs each device, with its keys. */
  readonly images: ReadonlyMap<string, string>;
}

/** Undefined if the fleet is invalid. */
async function render(folder: string, text: string): Promise<Rendered | undefined> {
  writeFileSync(join(folder, "fleet.yaml"), text);
  let project: Project;
  try {
    project = await loadProject(join(folder, "fleet.yaml"), {
      environment,
      out() {},
      progress() {},
    });
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
  saveLock(project);
  const { fleet, key } = project;
  const images = new Map<string, string>();
  const secretsOf = (device: Fleet["devices"][number]) => deviceSecrets(fleet, device, key);
  for (const { path, text: part } of fleetFiles(fleet, secretsOf)) {
    const [device = ""] = path.split("/");
    images.set(device, `${images.get(device) ?? ""}${path}\n${part}`);
  }
  return { fleet, state: await project.state(), images };
}

const namesOf = (plan: Plan, isSuch: (device: Plan["devices"][number]) => boolean) =>
  plan.devices
    .filter(isSuch)
    .map(({ device }) => device)
    .toSorted();

/** Both directions: the plan has every difference, and no other. */
function holdToDifferences(plan: Plan, expected: Expected): void {
  const { added, removed, registrations, images, applications, restarts, statements } = expected;
  expect(plan.outcomes.added).toEqual(added);
  expect(plan.outcomes.removed).toEqual(removed);
  expect(namesOf(plan, ({ change }) => change === "changed")).toEqual(registrations);
  const isNew = (image: unknown) => image === "changed" || image === "reinstall";
  expect(namesOf(plan, ({ change, image }) => change === "changed" && isNew(image))).toEqual(
    images,
  );
  expect(plan.restarts.flatMap(({ devices }) => devices).toSorted()).toEqual(restarts);
  const gains = plan.devices.filter(({ change, workloads }) => {
    return change !== "removed" && Object.values(workloads).some((names) => names.length > 0);
  });
  const affected = new Set([
    ...plan.rollouts.flatMap(({ devices }) => devices),
    ...gains.map(({ device }) => device),
  ]);
  for (const name of removed) affected.delete(name);
  expect([...affected].toSorted()).toEqual(applications);
  const { hubKeys } = plan;
  if (hubKeys && hubKeys.after > hubKeys.before) expect(hubKeys.direct).toEqual(statements);
  const rest = new Set([...added, ...removed, ...registrations]);
  const only = (names: readonly string[], without: ReadonlySet<string>) =>
    names.filter((name) => !without.has(name));
  expect(plan.outcomes.restart).toEqual(only(restarts, rest));
  expect(plan.outcomes.workload).toEqual(only(applications, new Set([...rest, ...restarts])));
}

/** Each device is in one list, and the numbers in text, page and JSON are the lengths of the lists. */
function holdTogether(plan: Plan, fleet: Fleet): void {
  const { summary } = plan;
  const all = outcomes.flatMap((outcome) => plan.outcomes[outcome]);
  const names = fleet.devices.map(({ name }) => name);
  expect(all.toSorted()).toEqual([...names, ...plan.outcomes.removed].toSorted());
  for (const outcome of outcomes) {
    expect(summary.devices[outcome]).toBe(plan.outcomes[outcome].length);
  }
  const images = Object.values(summary.images).reduce((sum, number) => sum + number, 0);
  expect(images).toBe(names.length);
  expect(summary.rollouts).toBe(plan.rollouts.length);
  expect(summary.hub).toBe(plan.hub.length);
  const files = Object.values(plan.files).flat();
  expect(summary.changes).toBe(files.length > 0);

  const text = formatPlan(plan, { columns: undefined, colours: false });
  const page = planPage(plan, fleet);
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  expect(page).toContain(`<p class="summary">${last}</p>`);
  expect(last === "Publishing changes nothing.").toBe(!summary.changes);
  const numbers = new Map<string, number>(
    outcomes.map((each) => [each, plan.outcomes[each].length]),
  );
  for (const [outcome, word] of words) {
    const number = numbers.get(outcome) ?? 0;
    const part = number === 1 ? `1 device ${word}` : `${number} devices ${word}`;
    expect(last.includes(part)).toBe(summary.changes && number > 0);
    expect(page.includes(` ${word} (${number})</li>`)).toBe(number > 0);
  }
  for (const { device } of plan.devices) expect(text).toContain(device.replace(/\d$/, ""));
}

/** Has the hashes of every release of the random fleets: without them, the fleets are refused. */
const empty = emptyLock("harbor", "100.64.0.0/16");
const hashes = { x86_64: "1".repeat(64), aarch64: "2".repeat(64) };
const upgrades = Object.fromEntries(releases.map((release) => [release, { binary: hashes }]));
const lockText = formatLock(withPins(empty, { k3s: { ...empty.pins.k3s, upgrades } }));

const words = [
  ["removed", "removed"],
  ["added", "added"],
  ["reinstall", "to be reinstalled"],
  ["changed", "with other settings"],
  ["restart", "with another K3s"],
  ["workload", "with another workload"],
  ["unchanged", "unchanged"],
] as const;

test(
  "the plan of random edits agrees with the files",
  { timeout: 60_000 * Math.max(5, runs / 20) },
  async () => {
    const folder = temporaryFolder();
    for (const [path, text] of Object.entries(optionFiles)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    let valid = 0;
    await fc.assert(
      fc.asyncProperty(editedFleets, async (texts) => {
        writeFileSync(join(folder, "fleet.lock.yaml"), lockText);
        const before = await render(folder, texts.before);
        const after = before && (await render(folder, texts.after));
        fc.pre(before !== undefined && after !== undefined);
        valid += 1;
        const plan = planOf(after.fleet, after.state, comparisonOf(before.state, after.state), []);
        const differs = (name: string) => before.images.get(name) !== after.images.get(name);
        const installed = before.fleet.pins.k3s.version;
        holdToDifferences(plan, expectedPlan(before.state, after.state, differs, installed));
        holdTogether(plan, after.fleet);
      }),
      { numRuns: runs, seed, endOnFailure: process.env["FLOTILLA_PLAN_SHRINK"] === undefined },
    );
    expect(valid).toBeGreaterThanOrEqual(runs);
  },
);
