import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";

/**
 * The number of the project, which Google's own service accounts and the billing know it by. Only a
 * hub that needs it has this: it is a question to Google in every plan.
 *
 * @param dependsOn the one API that is asked. With all of them, an API that is enabled later would
 *   put the question off into the apply, and a right that names the number would be taken away and
 *   given anew.
 */
export function projectNumber(
  scope: Construct,
  project: string,
  dependsOn: ITerraformDependable,
): string {
  return new DataGoogleProject(scope, "project", { projectId: project, dependsOn: [dependsOn] })
    .number;
}
