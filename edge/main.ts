/**
 * The entry of the edge, beside infra/main.ts and gitops/main.ts: fleet.yaml in, the operating
 * system of each device out, in dist/edge. Run it with `node --import tsx edge/main.ts`.
 */
import { runSynthesis } from "flotilla";

await runSynthesis("edge");
