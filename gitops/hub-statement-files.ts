/** The files about the generation of the hub's keys, for devices without a tunnel. */
import type { Fleet } from "../fleet/model/fleet.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";
import { HubStatementChart, HubStatementRolloutChart } from "./argocd/hub-statement.ts";
import { chartFile, type FileEntry } from "./kubernetes/state-files.ts";

/** None where no device needs the statement. */
export function hubStatementFiles(
  { repository, hub }: Fleet,
  { hubStatement: signature }: PublicKeys,
): readonly FileEntry[] {
  if (signature === null) return [];
  return [
    chartFile(
      { kind: "hubStatementRollout" },
      (app) => new HubStatementRolloutChart(app, "rollout", { repository }),
    ),
    chartFile(
      { kind: "hubStatement" },
      (app) => new HubStatementChart(app, "hub", { hubGeneration: hub.generation, signature }),
    ),
  ];
}
