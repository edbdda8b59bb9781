/** What `cdk8s synth` runs (cdk8s.yaml names it): fleet.yaml in, the state repository out. */
import { runSynthesis } from "flotilla";

// cdk8s' command line sets this variable to the output folder.
await runSynthesis("gitops", process.env["CDK8S_OUTDIR"]);
