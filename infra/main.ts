/**
 * What `cdktf synth` runs (cdktf.json names it): fleet.yaml in, Terraform JSON out.
 *
 * The output folder is the one that cdktf's command line gives in CDKTF_OUTDIR. It also holds what
 * Terraform itself keeps beside the JSON, which stays.
 */
import { OperationError } from "../cli/failures.ts";
import { writeTree } from "../cli/tree.ts";
import { loadFleet, saveLock } from "../fleet/load.ts";
import { InputError } from "../fleet/mistakes.ts";
import { synthesizeInfra } from "./synth.ts";

try {
  const loaded = loadFleet("fleet.yaml");
  const tree = synthesizeInfra(loaded.fleet);
  saveLock(loaded);
  writeTree(process.env["CDKTF_OUTDIR"] ?? "dist/infra", tree);
} catch (error) {
  if (!(error instanceof InputError || error instanceof OperationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
