/** The types of a user's workloads, and exceptions in them, from the bundle that users run. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary.ts";

const repository = join(import.meta.dirname, "..", "..", "..");

/** The sources in a folder of their own, with the same packages and an own cache. */
function checkout(): string {
  const folder = temporaryFolder();
  const sources = ["cli", "edge", "fleet", "gitops", "infra", "package.json", "package-lock.json"];
  for (const name of [...sources, "tsconfig.json", "fleet.yaml"]) {
    cpSync(join(repository, name), join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
    });
  }
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (name === ".cache") continue;
    symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name));
  }
  return folder;
}

const file = "gitops/workloads/telemetry.ts";

test("your own workload: its types, and its exceptions", { timeout: 300_000 }, () => {
  const folder = checkout();
  const before = readFileSync(join(folder, file), "utf8");

  function flotilla(...args: string[]) {
    const { FLOTILLA_KEY: _, ...env } = process.env;
    const program = join(folder, "cli", "flotilla.mjs");
    const options = { cwd: folder, encoding: "utf8", env } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
    return { code: status, out: stdout, err: stderr };
  }

  /** Puts a line into the constructor, and returns its number. */
  function insert(line: string): number {
    const lines = before.split("\n");
    const index = lines.findIndex((each) => each.trim().startsWith("super(")) + 1;
    writeFileSync(join(folder, file), lines.toSpliced(index, 0, line).join("\n"));
    return index + 1;
  }

  expect(flotilla("validate")).toMatchObject({ code: 0 });
  expect(marks(folder)).toBe(1);

  const wrong = insert(
    '    const wrong: number = "text"; if (scope === undefined) console.log(wrong);',
  );
  const said = `${file}:${wrong}:11: TS2322: Type 'string' is not assignable to type 'number'.`;
  expect(flotilla("validate")).toEqual({ code: 1, out: "", err: `${said}\nflotilla: 1 mistake\n` });
  // It is reported again until it is fixed.
  const { mistakes } = JSON.parse(flotilla("validate", "--json").out);
  expect(mistakes).toMatchObject([{ file, line: wrong, column: 11 }]);
  expect(marks(folder)).toBe(1);

  // A variable without a use is no mistake of types.
  const line = insert('    const unused = 1; if (scope) throw new RangeError("no price");');
  flotilla("keygen");
  for (const args of [["validate"], ["synth", "--only", "gitops"]]) {
    const { code, err } = flotilla(...args);
    expect(err).toContain(`${file}:${line}:40: workload telemetry, ring `);
    expect(err).toMatch(/: RangeError: no price\nfleet\.yaml:\d+:\d+: .*declared here\.\n/);
    expect(code).toBe(1);
  }
  expect(marks(folder)).toBe(2);
});

/** How many bundles are marked as right. */
function marks(folder: string): number {
  const cache = join(folder, "node_modules", ".cache", "flotilla");
  const names = readdirSync(cache, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith("types-are-right.json")).length;
}
