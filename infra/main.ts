/**
 * What `cdktf synth` runs (cdktf.json names it): fleet.yaml in, Terraform JSON out.
 *
 * The output folder is the one that cdktf's command line gives in CDKTF_OUTDIR. Terraform's own
 * files in it stay.
 */
import { synthesizeInfra } from "../cli/project/infra.ts";
import { OperationError } from "../fleet/files/failures.ts";
import { writeTree } from "../fleet/files/tree.ts";
import { loadFleet, saveLock } from "../fleet/resolve/load.ts";
import { InputError } from "../fleet/grammar/mistakes.ts";

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
