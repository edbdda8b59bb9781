/**
 * What `cdktf synth` runs (cdktf.json names it): fleet.yaml in, Terraform JSON out. Terraform's own
 * files in the output folder stay.
 */
import { runSynthesis } from "flotilla";

// cdktf's command line sets this variable to the output folder.
await runSynthesis("infra", process.env["CDKTF_OUTDIR"]);
