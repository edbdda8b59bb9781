/** What `cdk8s synth` runs (cdk8s.yaml names it): fleet.yaml in, the state repository out. */
import { OperationError } from "../cli/failures.ts";
import { writeTree } from "../cli/tree.ts";
import { publicKeys } from "../fleet/keys.ts";
import { loadFleet, loadRootKey, saveLock } from "../fleet/load.ts";
import { InputError } from "../fleet/mistakes.ts";
import { grammar } from "./grammar.ts";
import { synthesizeState } from "./synth.ts";

try {
  const key = loadRootKey(".", process.env);
  const loaded = loadFleet("fleet.yaml", { ...grammar, key });
  const tree = synthesizeState(loaded.fleet, publicKeys(loaded.fleet, key));
  saveLock(loaded);
  writeTree(process.env["CDK8S_OUTDIR"] ?? "dist/gitops", tree);
} catch (error) {
  if (!(error instanceof InputError || error instanceof OperationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
