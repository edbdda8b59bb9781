/** The stacks of a fleet, and their folder. */
import { join } from "node:path";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Project } from "../../project/project.ts";

export function makesRepository({ repository }: Pick<Fleet, "repository">): boolean {
  return repository.github !== undefined;
}

/** The folder with one folder for each stack. */
export function stacksFolder({ outputFolder }: Pick<Project, "outputFolder">): string {
  return join(outputFolder, "infra", "stacks");
}
