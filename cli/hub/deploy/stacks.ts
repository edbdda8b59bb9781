/** Which stacks a fleet has, and where. */
import { join } from "node:path";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Project } from "../../project/project.ts";

/** The state repository, before anything reads from it. */
export const repositoryStack = "github";
/** The network and the cluster. */
export const hubStack = "hub";
/** Argo CD, in the cluster. */
export const argoCdStack = "argocd";

export function makesRepository({ repository }: Pick<Fleet, "repository">): boolean {
  return repository.github !== undefined;
}

/** The folder in which each stack has one. */
export function stacksFolder({ outputFolder }: Pick<Project, "outputFolder">): string {
  return join(outputFolder, "infra", "stacks");
}
