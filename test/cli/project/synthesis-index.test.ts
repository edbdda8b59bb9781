/** A synthesis that remembers: what is made again, and that nothing else differs from a first one. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SynthesisIndex } from "../../../cli/project/synthesis-index.ts";
import { fleetText } from "../../bench/fleets.ts";
import { temporaryFolder } from "../temporary.ts";

describe("the index", () => {
  const secret = Buffer.alloc(32, 7);
  const shared = { pins: new Map([["k3s", "1"]]) };

  /** Says what was made. */
  function run(
    folder: string,
    inputs: readonly unknown[],
    key = secret,
    version = "1.0.0",
  ): string[] {
    const index = new SynthesisIndex(folder, "edge", key, () => version);
    const made: string[] = [];
    for (const each of inputs) {
      index.remember("thing", shared, each, () => {
        made.push(String(each));
        return String(each);
      });
    }
    index.save();
    return made;
  }

  test("has what the last run used", () => {
    const folder = temporaryFolder();
    expect(run(folder, ["a", "b"])).toEqual(["a", "b"]);
    expect(run(folder, ["a", "b"])).toEqual([]);
    expect(run(folder, ["a", "c"])).toEqual(["c"]);
    expect(run(folder, ["a", "b"])).toEqual(["b"]);
    expect(statSync(join(folder, ".index", "edge")).mode & 0o777).toBe(0o600);
  });

  test("of another key or another Flotilla has nothing", () => {
    const folder = temporaryFolder();
    run(folder, ["a"]);
    expect(run(folder, ["a"], Buffer.alloc(32, 8))).toEqual(["a"]);
    run(folder, ["a"]);
    expect(run(folder, ["a"], secret, "1.0.1")).toEqual(["a"]);
  });

  test("depends on the kind, on shared inputs, and on what is in maps", () => {
    const index = new SynthesisIndex(temporaryFolder(), "edge", secret, () => "1");
    const keys = [
      index.keyOf("a", { x: 1 }, 1),
      index.keyOf("b", { x: 1 }, 1),
      index.keyOf("a", { x: 2 }, 1),
      index.keyOf("a", { x: 1 }, new Map([["y", 1]])),
      index.keyOf("a", { x: 1 }, new Map([["y", 2]])),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(index.keyOf("a", { x: 1 }, 1)).toBe(keys[0]);
  });

  test("never has what functions are a part of", () => {
    const folder = temporaryFolder();
    const inputs = [{ read: () => "" }];
    run(folder, inputs);
    expect(run(folder, inputs)).toHaveLength(1);
  });

  test.each([
    ["changed", (text: string) => text.replace("a", "e")],
    ["cut off", (text: string) => text.slice(0, -3)],
    ["empty", () => ""],
    ["one line", () => "[]"],
  ])("that is %s has nothing", (_what, change) => {
    const folder = temporaryFolder();
    run(folder, ["a"]);
    const file = join(folder, ".index", "edge");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    expect(run(folder, ["a"])).toEqual(["a"]);
    expect(run(folder, ["a"])).toEqual([]);
  });

  test("without a key or a program remembers nothing, and writes nothing", () => {
    const folder = temporaryFolder();
    for (const index of [
      new SynthesisIndex(folder, "edge", undefined, () => "1"),
      new SynthesisIndex(folder, "edge", secret, () => undefined),
    ]) {
      expect(index.keyOf("a", {}, 1)).toBeUndefined();
      index.save();
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a synthesis with an index", () => {
  const program = join(import.meta.dirname, "..", "..", "..", "cli", "flotilla.mjs");
  const root = realpathSync(mkdtempSync(join(tmpdir(), "flotilla-index-")));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, "project");
  const at = (...path: string[]) => join(folder, ...path);
  const device = (name: string) => at("dist", "edge", "store-1", name);

  function flotilla(directory: string, ...args: string[]) {
    const { FLOTILLA_KEY: _, ...env } = process.env;
    const options = { cwd: directory, encoding: "utf8", env } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
    expect(status, stderr).toBe(0);
    return stdout;
  }

  const synth = (part: string): { readonly written: number } =>
    JSON.parse(flotilla(folder, "synth", "--only", part, "--json")).parts[0];

  /** Every file of the outputs, with its bytes and permissions. */
  function outputs(directory: string, part: string): Record<string, string> {
    const place = join(directory, "dist", part);
    const names = readdirSync(place, { recursive: true, encoding: "utf8" }).toSorted();
    const files = names.filter((name) => statSync(join(place, name)).isFile());
    return Object.fromEntries(
      files.map((name) => {
        const { mode } = statSync(join(place, name));
        return [name, `${mode.toString(8)} ${readFileSync(join(place, name), "utf8")}`];
      }),
    );
  }

  /** The same inputs in a folder without an index. */
  function expectAsFirst(part: string): void {
    const other = join(root, "other");
    rmSync(other, { recursive: true, force: true });
    mkdirSync(other);
    for (const name of ["fleet.yaml", "fleet.lock.yaml", "fleet.key"]) {
      cpSync(at(name), join(other, name), { preserveTimestamps: true });
    }
    flotilla(other, "synth", "--only", part);
    expect(outputs(folder, part)).toEqual(outputs(other, part));
  }

  const edit = (change: (text: string) => string) =>
    writeFileSync(at("fleet.yaml"), change(readFileSync(at("fleet.yaml"), "utf8")));

  test("makes what changed, as a first one makes it", { timeout: 600_000 }, () => {
    mkdirSync(folder);
    writeFileSync(at("fleet.yaml"), fleetText(4));
    flotilla(folder, "keygen");
    synth("gitops");
    const first = synth("edge");
    expect(first.written).toBe(12);
    expect(synth("edge").written).toBe(0);

    // Changed by hand, with its old size and time.
    const before = readFileSync(device("device.bu"), "utf8");
    const { atime, mtime } = statSync(device("device.bu"));
    writeFileSync(device("device.bu"), before.replace("variant", "Variant"));
    utimesSync(device("device.bu"), atime, mtime);
    rmSync(device("device.ign"));
    chmodSync(device("installer.yaml"), 0o644);
    expect(synth("edge").written).toBe(2);
    expectAsFirst("edge");

    // The file of one device, and that of all.
    edit((text) =>
      text.replace(
        "store-{1..1}: { site: site-0 }",
        "store-{1..1}: { site: site-0, timeZone: Europe/Paris }",
      ),
    );
    expect(synth("edge").written).toBe(2);
    edit(
      (text) =>
        `${text}access: { sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a"] }\n`,
    );
    expect(synth("edge").written).toBe(8);
    synth("gitops");
    expectAsFirst("edge");
    expectAsFirst("gitops");

    // A damaged index, none, and a list of files that is missing.
    writeFileSync(at("dist", ".index", "edge"), "damaged");
    rmSync(at("dist", ".index", "gitops"));
    rmSync(at("dist", "edge", ".flotilla-files"));
    expect([synth("edge").written, synth("gitops").written]).toEqual([0, 0]);
    rmSync(at("dist", "edge", ".flotilla-files"));
    expect(synth("edge").written).toBe(0);
    expectAsFirst("edge");

    // A device less.
    edit((text) => text.replace(/^ {2}store-\{4\.\.4\}.*\n/m, ""));
    synth("edge");
    synth("gitops");
    expect(existsSync(at("dist", "edge", "store-4"))).toBe(false);
    expectAsFirst("edge");
    expectAsFirst("gitops");
  });
});
