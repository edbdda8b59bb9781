/**
 * The emulated Google, and a chart repository beside it: PROJECT ENDPOINT FOLDER. ENDPOINT is the API server
 * of the cluster that Google makes; the repository is FOLDER/charts. Writes FOLDER/cloud.json when it is
 * ready, and FOLDER/left.json, the paths of all resources, when it is ended by SIGTERM.
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serveCharts } from "../argo-chart.ts";
import { enterCluster } from "../google/own-cluster.ts";
import { startEmulator } from "../google/server.ts";

/** What the other side reads. */
export interface CloudAnswer {
  /** Makes the provider and gcloud talk to the emulated Google. */
  readonly environment: Readonly<Record<string, string>>;
  /** The chart repository. */
  readonly chartsUrl: string;
}

const [project = "", endpoint = "", folder = ""] = process.argv.slice(2);
const { cloud, environment, unknown } = await startEmulator(project);
enterCluster(cloud, endpoint);
const { url: chartsUrl } = await serveCharts(join(folder, "charts"));
const answer: CloudAnswer = { environment, chartsUrl };
writeFileSync(join(folder, "cloud.json.new"), JSON.stringify(answer));
renameSync(join(folder, "cloud.json.new"), join(folder, "cloud.json"));
process.on("SIGTERM", () => {
  const left = { resources: [...cloud.resources.keys()], unknown };
  writeFileSync(join(folder, "left.json"), JSON.stringify(left));
  process.exit(0);
});
