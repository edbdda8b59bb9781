/** The stacks of a fleet, and their folder. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Project } from "../../project/project.ts";

export function makesRepository({ repository }: Pick<Fleet, "repository">): boolean {
  return repository.github !== undefined;
}

/** Whether the synthesis made a stack: the hub's own is missing for an existing cluster. */
export function hasStack(folder: string, name: string): boolean {
  return existsSync(join(folder, name, "cdk.tf.json"));
}

/** The folder with one folder for each stack. */
export function stacksFolder({ outputFolder }: Pick<Project, "outputFolder">): string {
  return join(outputFolder, "infra", "stacks");
}
