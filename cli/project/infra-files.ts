/** The synthesis of the cloud: from a fleet to the files of `dist/infra`. */
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { makeTemporaryFolder } from "../../fleet/files/temporary-files.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { sortedTree, type Tree } from "../../fleet/model/tree.ts";
import { HubApp } from "../../infra/app.ts";

/**
 * Runs HubApp in a temporary folder and reads the files back, so that writeTree can write only those
 * files of dist/infra that differ.
 */
export function synthesizeInfra(fleet: Fleet): Tree {
  const outdir = makeTemporaryFolder("infra");
  try {
    withoutCdktfVariables(() => new HubApp({ fleet, outdir }).synth());
    return sortedTree(readFiles(outdir));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/**
 * Hides cdktf's environment variables from a function: context, format and stack come from the
 * fleet alone. `npx cdktf synth` sets them, too.
 */
function withoutCdktfVariables(run: () => void): void {
  const isOfCdktf = ([name]: [string, unknown]) => /^(CDKTF_|SYNTH_HCL_OUTPUT$)/.test(name);
  const variables = Object.entries(process.env).filter(isOfCdktf);
  for (const [name] of variables) delete process.env[name];
  try {
    run();
  } finally {
    Object.assign(process.env, Object.fromEntries(variables));
  }
}

function readFiles(folder: string): [path: string, text: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).split(sep).join("/");
      const text = readFileSync(file, "utf8");
      return [path, madeByCdktf.test(path) ? formatted(text) : text];
    });
}

const madeByCdktf = /^(manifest|stacks\/[^/]+\/cdk\.tf)\.json$/;

/** As every other JSON file of Flotilla: with a line end, and nothing inside an empty list. */
function formatted(json: string): string {
  return `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
}
