/** Projects for the benchmarks: a fleet of any size with its root key. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fleetText } from "./fleets.ts";
import { measured } from "./measure.ts";

export interface BenchProject {
  readonly folder: string;
  /** Its fleet.yaml. */
  readonly file: string;
  readonly text: string;
  /** The state repository, which the first `publish` makes. */
  readonly repository: string;
}

export function benchProject(folder: string, deviceCount: number): BenchProject {
  mkdirSync(folder);
  const file = join(folder, "fleet.yaml");
  const text = fleetText(deviceCount);
  writeFileSync(file, text);
  measured(folder, ["keygen"]);
  return { folder, file, text, repository: join(folder, "dist", "state.git") };
}
