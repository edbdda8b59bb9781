/** What `cdk8s synth` runs (cdk8s.yaml names it): fleet.yaml in, the state repository out. */
import { OperationError } from "../fleet/files/failures.ts";
import { filesBeside } from "../cli/project/local-files.ts";
import { writeTree } from "../fleet/files/tree.ts";
import { imageDigests } from "../edge/fleet-devices.ts";
import { imageDigestKey } from "../fleet/keys/root-key.ts";
import { publicKeys } from "../fleet/keys/secrets.ts";
import { loadFleet, loadRootKey, saveLock } from "../fleet/resolve/load.ts";
import { InputError } from "../fleet/grammar/mistakes.ts";
import { grammar } from "./grammar.ts";
import { synthesizeState } from "./app.ts";

try {
  const key = loadRootKey(".", process.env);
  const loaded = loadFleet("fleet.yaml", { ...grammar, key, beside: filesBeside });
  const { fleet } = loaded;
  const keys = publicKeys(fleet, key);
  const tree = synthesizeState(
    fleet,
    keys,
    imageDigests(fleet, keys.gateways, imageDigestKey(fleet, key)),
  );
  saveLock(loaded);
  writeTree(process.env["CDK8S_OUTDIR"] ?? "dist/gitops", tree);
} catch (error) {
  if (!(error instanceof InputError || error instanceof OperationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
