/** Fleets that released versions made, taken over by this one. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Plan } from "../../../cli/plan/plan.ts";
import { temporaryFolder } from "../temporary.ts";
import { filesOf, git, isolateGit } from "../publish/state-repository.ts";
import { workplace, type Workplace } from "./workplace.ts";

isolateGit();

const released = join(import.meta.dirname, "..", "..", "golden", "released");
const versions = readdirSync(released).filter((name) => /^\d/.test(name));

/** The fleet of a released version, published by it, and then upgraded. */
function upgraded(version: string): Workplace & { readonly published: Record<string, string> } {
  const at = (name: string) => join(released, version, name);
  const place = workplace(readFileSync(at("fleet.yaml"), "utf8"));
  place.write("fleet.lock.yaml", readFileSync(at("fleet.lock.yaml"), "utf8"));
  const clone = join(temporaryFolder(), "clone");
  mkdirSync(clone);
  execFileSync("tar", ["-xzf", at("state.tar.gz"), "-C", clone]);
  git(clone, "init", "--quiet", "--initial-branch=main");
  git(clone, "add", ".");
  const author = ["-c", "user.name=Ann", "-c", "user.email=ann@harbor.example"];
  git(clone, ...author, "commit", "--quiet", "--message", `Published by ${version}`);
  git(clone, "clone", "--quiet", "--bare", clone, join(place.folder, "state.git"));
  return { ...place, published: filesOf(clone) };
}

/** The published files that this version no longer makes. CHANGELOG says each. */
const removed: Readonly<Record<string, readonly string[]>> = { "0.1.0": [] };

/** Which parts of the hub change. CHANGELOG says why. */
const hubParts: Readonly<Record<string, readonly string[]>> = {
  "0.1.0": words(`
    argo-cd argo-cd_projects argo-cd_reconnect elasticsearch fleet-secrets gateway prometheus root
  `),
};

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

describe.each(versions)("a fleet of %s", (version) => {
  test("cuts off no device, moves no address, and loses nothing", async () => {
    const { folder, read, run, published } = upgraded(version);
    const old = parse(read("fleet.lock.yaml"));
    const { code, out, err } = await run(["plan", "--json"]);
    expect(code, err).toBe(0);
    // Such as "A publish would be refused".
    expect(err).toBe("");
    const plan = JSON.parse(out) as Plan;
    const { outcomes } = plan;
    const all = ["plant-1", "store-01", "store-02", "store-03", "store-04"];
    expect(outcomes).toMatchObject({ removed: [], added: [], reinstall: [], changed: all });
    // "Every device needs a new image": the next one; it continues with the old one until then.
    expect(plan.devices.map(({ device, image, fields }) => [device, image, fields])).toEqual(
      all.map((device) => [device, "changed", []]),
    );
    expect(plan.restarts).toEqual([]);
    expect(plan.files.removed).toEqual(removed[version]);
    expect(plan.hub.map(({ name }) => name.replaceAll(" ", "_"))).toEqual(hubParts[version]);
    expect(plan.hub.filter(({ change }) => change !== "changed")).toEqual([]);
    expect(plan.rollouts.filter(({ change }) => change !== "changed")).toEqual([]);
    const text = (await run(["plan"])).out;
    expect(text).toContain("Devices: 5 with other settings\n");
    expect(text).not.toContain("reinstall");

    expect((await run(["publish", "--yes"])).code).toBe(0);
    const { publicKeys, ...lock } = parse(read("fleet.lock.yaml"));
    expect(publicKeys).toBeDefined();
    expect(lock).toEqual({ ...old, pins: lock.pins });
    expect(lock.pins).toMatchObject(old.pins);
    const peers = peersOf(published);
    expect(peers).toHaveLength(2 * Object.keys(old.tunnel.addresses).length);
    expect(peersOf(filesOf(join(folder, "state.git")))).toEqual(peers);
    expect((await run(["plan", "--exit-code"])).code).toBe(0);
  }, 120_000);
});

/** What the gateways let in: the public key and the address of each device. */
function peersOf(state: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(state)
    .filter(([path]) => path.includes("peers"))
    .flatMap(([, text]) =>
      [...text.matchAll(/PublicKey=\S+|AllowedIPs=\S+/g)].map(([line]) => line),
    )
    .toSorted();
}
