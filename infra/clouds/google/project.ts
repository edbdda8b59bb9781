import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";

/**
 * The number of the project, which Google's own service accounts and the billing know it by. Only a
 * hub that needs it has this: it is a question to Google in every plan.
 */
export function projectNumber(
  scope: Construct,
  project: string,
  dependsOn: readonly ITerraformDependable[],
): string {
  return new DataGoogleProject(scope, "project", { projectId: project, dependsOn: [...dependsOn] })
    .number;
}
