/** Own code that root has bundled, as `sudo flotilla flash` does, and its user's next command. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownProject } from "./own-project.ts";

const repository = join(import.meta.dirname, "..", "..", "..", "..");
const nobody = 65_534;

async function sharedProject() {
  const files = { "flotilla.config.ts": config("one"), "node_modules/typescript/bin/tsc": "" };
  const project = await ownProject(files);
  const modules = join(project.folder, "node_modules");
  chmodSync(project.folder, 0o755);
  const validate = (uid = 0) => {
    const program = join(repository, "cli", "flotilla.mjs");
    const options = { cwd: project.folder, encoding: "utf8", uid, gid: uid } as const;
    const { status, stderr } = spawnSync(process.execPath, [program, "validate"], options);
    return { status, stderr: stderr.replaceAll(/^The next synth.*\n/gm, "") };
  };
  return { ...project, validate, cache: join(modules, ".cache", "flotilla", "own-code") };
}

const config = (name: string) =>
  `import { defineFleet } from "flotilla";\nexport const ${name} = 1;\nexport default defineFleet({});\n`;
const fine = { status: 0, stderr: "" };

test.skipIf(process.getuid?.() !== 0)(
  "what root left in the cache stops nobody (skipped without root)",
  { timeout: 300_000 },
  async () => {
    const { validate, write, cache } = await sharedProject();
    expect(validate()).toEqual(fine);
    // The whole cache is root's, and its bundle is old.
    write("flotilla.config.ts", config("two"));
    expect(validate(nobody)).toEqual(fine);
    write("flotilla.config.ts", "export default 3;\n");
    expect(validate(nobody).stderr).toContain("flotilla.config.ts:1:1: the default export");
    // Only the bundle is root's, and its types are not checked yet.
    write("flotilla.config.ts", config("three"));
    expect(validate()).toEqual(fine);
    chownSync(cache, nobody, nobody);
    const marks = readdirSync(cache, { recursive: true, encoding: "utf8" });
    for (const mark of marks.filter((each) => each.endsWith("types-are-right.json"))) {
      rmSync(join(cache, mark));
    }
    expect(validate(nobody)).toEqual(fine);
  },
);
