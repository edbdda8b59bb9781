/** The program `flotilla` itself, as a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./temporary.ts";

const program = join(import.meta.dirname, "..", "..", "cli", "flotilla.mjs");

describe("the program", () => {
  const run = (folder: string, args: string[], environment: Record<string, string> = {}) => {
    const env = { ...process.env, ...environment };
    const options = { cwd: folder, encoding: "utf8", env, maxBuffer: 1 << 28 } as const;
    return spawnSync(process.execPath, [program, ...args], options);
  };

  test("runs in any folder, whatever tsconfig.json is there", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "tsconfig.json"), "{ this is not JSON");
    const init = run(folder, ["init"]);
    expect([init.status, init.stdout.split("\n")[0]]).toEqual([0, "Wrote .gitignore"]);
    expect(run(folder, ["sinth"]).status).toBe(2);
    expect(run(folder, ["synth"]).status).toBe(1);
  });

  test("says that the current folder was deleted", () => {
    const args = ["-c", 'cd "$1" && rmdir "$1" && exec "$2" "$3" validate', "sh"];
    const all = [...args, join(temporaryFolder(), "gone"), process.execPath, program];
    mkdirSync(all[3] ?? "");
    const { status, stderr } = spawnSync("sh", all, { encoding: "utf8" });
    expect([status, stderr]).toEqual([
      1,
      "flotilla: the current folder does not exist (ENOENT). Change to another folder\n",
    ]);
  });

  test("says that standard output cannot be written, with own code and for a kept result", () => {
    const folder = temporaryFolder();
    run(folder, ["init"]);
    const full = openSync("/dev/full", "w");
    for (const args of [["validate"], ["validate"], ["schema"]]) {
      const stdio = ["ignore", full, "pipe"] as const;
      const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
        cwd: folder,
        encoding: "utf8",
        stdio: [...stdio],
      });
      expect(status).toBe(1);
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
        /^flotilla: the result could not be written to standard output: ENOSPC/,
      );
    }
  });

  test("loads no cdktf for what needs none", () => {
    const folder = temporaryFolder();
    run(folder, ["init"]);
    run(folder, ["keygen"]);
    const loaded = (...args: string[]) => {
      const coverage = temporaryFolder();
      run(folder, args, { NODE_V8_COVERAGE: coverage });
      return sourcesIn(coverage);
    };
    expect(loaded("synth", "--only", "infra")).toMatch(/\/cdktf\//);
    expect(loaded("validate")).not.toMatch(/\/cdktf\//);
    expect(loaded("synth", "--only", "gitops")).not.toMatch(/\/cdktf\//);
    expect(loaded("--help")).not.toMatch(/\/(cdktf|cdk8s|zod)\//);
  });
});

/** Every module that a run loaded, by Node's own list: of the bundle its sources. */
function sourcesIn(coverage: string): string {
  const texts = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), "utf8"));
  const urls = texts.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  return urls
    .flatMap((url) => {
      if (!url.includes("/.cache/flotilla/")) return [url];
      const map = JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")) as Sources;
      return map.sources;
    })
    .join("\n");
}

interface Sources {
  readonly sources: readonly string[];
}
