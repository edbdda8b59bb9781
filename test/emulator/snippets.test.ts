/**
 * The real Ignition engine over generated snippets: what is accepted, it applies, and everything of
 * Flotilla is there afterwards, byte for byte; what is refused has a place.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fleetFiles } from "../../edge/fleet-devices.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { OutsideSecrets } from "../../fleet/model/secret-reference.ts";
import { fleetOf, said, usual } from "../edge/snippet-fleet.ts";
import { sampleSecrets } from "../sample.ts";
import { applyIgnition, hasEngine, type Entry, type RootFiles } from "./engine.ts";
import { randomSnippets } from "./random-snippet.ts";

const runs = Number(process.env["FLOTILLA_ENGINE_RUNS"] ?? 60);
const seed = Number(process.env["FLOTILLA_ENGINE_SEED"] ?? 13);

const deviceText = (more: string) => `${usual}devices:\n  store-01: { site: boston${more} }\n`;

/** Fedora CoreOS' own configuration, which the device's is merged over. */
const system = {
  ignition: { version: "3.4.0" },
  passwd: {
    users: [{ name: "core", groups: ["adm", "sudo", "systemd-journal", "wheel"] }],
  },
};

const source = (text: string) => ({ source: `data:,${encodeURIComponent(text)}` });

/** What the device fetches at its first boot is given to it here. */
function ignitionOf(fleet: Fleet, outside?: OutsideSecrets): string {
  const secrets = outside === undefined ? sampleSecrets : { ...sampleSecrets, outside };
  const files = [...fleetFiles(fleet, () => secrets)];
  const text = files.find(({ path }) => path.endsWith("device.ign"))?.text ?? "";
  const config = JSON.parse(String(text), (_, value) =>
    String(value?.source).startsWith("https://") ? source("fetched") : value,
  );
  const merge = [system, config].map((each) => source(JSON.stringify(each)));
  return JSON.stringify({ ignition: { version: "3.4.0", config: { merge } } });
}

const apart = /^\/(etc\/(\.ignition-result\.json|\.pwd\.lock|(passwd|shadow|group|gshadow)-?))$/;
const preset = "/etc/systemd/system-preset/20-ignition.preset";

/** The group of core has another number where a snippet makes a group: Ignition makes groups first. */
function compared(at: string, entry: Entry | undefined): Entry | undefined {
  if (entry === undefined || !at.startsWith("/var/home/core")) return entry;
  return { ...entry, owner: entry.owner.replace(/:.*/, "") };
}

/** What of `before` is not there any more, or not as it was. */
function lost(before: RootFiles, after: RootFiles): readonly string[] {
  return [...before].flatMap(([at, entry]) => {
    const now = after.get(at);
    if (apart.test(at) || isDeepStrictEqual(compared(at, now), compared(at, entry))) return [];
    const lines = now?.content.split("\n") ?? [];
    if (at === preset && entry.content.split("\n").every((line) => lines.includes(line))) return [];
    return [`${at} was ${JSON.stringify(entry)}, and is ${JSON.stringify(now)}`];
  });
}

describe.skipIf(!hasEngine)("generated snippets (needs the real Ignition 2.27.0)", () => {
  test(
    "what is accepted is applied, and nothing of Flotilla is gone",
    () => {
      const before = applyIgnition(ignitionOf(fleetOf(deviceText(""))));
      expect(before.succeeded, before.log).toBe(true);
      const failures: string[] = [];
      let accepted = 0;
      for (const texts of fc.sample(randomSnippets, { numRuns: runs, seed })) {
        const names = texts.map((_, index) => `${index}.bu`);
        const files = Object.fromEntries(names.map((name, at) => [name, texts[at] ?? ""]));
        const list = names.map((name) => `{ file: ${name} }`).join(", ");
        const fleet = fleetOf(deviceText(`, butane: [${list}]`), files);
        const { mistakes } = said(fleet);
        const fail = (what: string) => failures.push(`${what}\n${texts.join("\n")}`);
        for (const mistake of mistakes) {
          if (!/^folder\/\d\.bu:1:\d+: \S+: \S/.test(mistake)) fail(`no place: ${mistake}`);
        }
        if (mistakes.length > 0) continue;
        accepted += 1;
        const { succeeded, log, files: after } = applyIgnition(ignitionOf(fleet));
        if (!succeeded) fail(log.split("\n").find((line) => line.includes("CRITICAL")) ?? log);
        else for (const gone of lost(before.files, after)) fail(gone);
      }
      expect(failures.join("\n\n")).toBe("");
      expect(accepted).toBeGreaterThan(runs / 10);
      expect(accepted).toBeLessThan(runs);
    },
    60_000 + runs * 2_000,
  );
});

describe.skipIf(!hasEngine)("users (needs the real Ignition 2.27.0)", () => {
  test("what the fleet file and a snippet say about them, merged", () => {
    const key = (text: string) =>
      `ssh-ed25519 ${btoa(`\0\0\0\x0bssh-ed25519\0\0\0\x20${text.repeat(32)}`)} ${text}`;
    const hash = "$y$j9T$ann$annann";
    const fleet = fleetOf(
      `${usual}devices:
  store-01:
    site: boston
    users:
      ann: { sshKeys: ["${key("a")}"], passwordHash: { env: ANN }, groups: [wheel, tills] }
      bob: { groups: [ann, systemd-journal] }
      core: { groups: [docker] }
      root: { sshKeys: ["${key("a")}"], passwordHash: { env: ROOT } }
    butane: { file: own.bu }
`,
      {
        "own.bu": `variant: fcos
version: 1.5.0
passwd:
  groups: [{ name: tills, gid: 2001 }]
  users:
    - { name: ann, ssh_authorized_keys: ["${key("b")}"], groups: [docker] }
    - { name: bob, password_hash: $y$j9T$bob }
`,
      },
    );
    expect(said(fleet)).toEqual({ mistakes: [], warnings: [] });
    const outside = new Map([
      ["env:ANN", hash],
      ["env:ROOT", "$6$root$root"],
    ]);
    const { succeeded, log, files } = applyIgnition(ignitionOf(fleet, outside));
    expect(succeeded, log).toBe(true);
    const groups = (files.get("/etc/group")?.content ?? "").split("\n");
    const membersOf = (name: string) =>
      groups
        .find((line) => line.startsWith(`${name}:`))
        ?.split(":")
        .at(-1)
        ?.split(",")
        .toSorted();
    expect(membersOf("wheel")).toEqual(["ann", "core"]);
    expect(membersOf("tills")).toEqual(["ann"]);
    expect(membersOf("docker")).toEqual(["ann", "core"]);
    expect(membersOf("ann")).toEqual(["bob"]);
    expect(membersOf("systemd-journal")).toEqual(["bob", "core"]);
    const shadow = files.get("/etc/shadow")?.content ?? "";
    expect(shadow).toContain(`ann:${hash}:`);
    expect(shadow).toContain("bob:$y$j9T$bob:");
    expect(shadow).toContain("root:$6$root$root:");
    expect(shadow).toMatch(/^core:\*:/m);
    const keys = (home: string) => files.get(`${home}/.ssh/authorized_keys.d/ignition`)?.content;
    expect(keys("/var/home/ann")).toBe(`${key("a")}\n${key("b")}\n`);
    expect(keys("/var/roothome")).toBe(`${key("a")}\n`);
  });
});
