/**
 * What `cdktf synth` runs (cdktf.json names it): fleet.yaml in, Terraform JSON out.
 *
 * The output folder is the one that cdktf's command line gives in CDKTF_OUTDIR. It also holds what
 * Terraform itself keeps beside the JSON, so nothing is removed from it here.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../fleet/files.ts";
import { loadFleet, saveLock } from "../fleet/load.ts";
import { InputError } from "../fleet/mistakes.ts";
import type { Tree } from "../fleet/tree.ts";
import { synthesizeInfra } from "./synth.ts";

/** A file that already holds the same text keeps its time stamp. */
function writeTree(folder: string, tree: Tree): void {
  for (const [path, text] of tree) {
    const file = join(folder, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileAtomically(file, text);
  }
}

try {
  const loaded = loadFleet("fleet.yaml");
  const tree = synthesizeInfra(loaded.fleet);
  saveLock(loaded);
  writeTree(process.env["CDKTF_OUTDIR"] ?? "dist/infra", tree);
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
