/** The commands for a hub in Google Cloud: the user's own `gcloud` logs in, and shows the project. */
import { OperationError, programFailure } from "../../../fleet/files/operation-error.ts";
import type { GoogleCloud } from "../../../fleet/model/cloud.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { hubName } from "../../../fleet/model/contract.ts";
import { runProgram } from "../../terminal/programs.ts";
import type { Session } from "../../terminal/session.ts";
import type { CloudCommands } from "./cloud.ts";
import { delegationCheck } from "./google-delegation.ts";
import { projectChecks, type GoogleFleet } from "./google-project.ts";
import { googleLogins, googleTools, kubectlInstall } from "./google-tools.ts";

export function googleCommands(anyFleet: Fleet, cloud: GoogleCloud): CloudCommands {
  const fleet = { ...anyFleet, cloud };
  const { project, location, deletionProtection, state } = cloud;
  const name = hubName(fleet.name);
  return {
    tools: googleTools,
    kubectlInstall,
    loginChecks: googleLogins,
    checks: (machine, session) =>
      Promise.all([projectChecks(fleet, machine, session), delegationCheck(fleet.domain)]),
    // As `gcloud container clusters get-credentials` names it.
    context: `gke_${project}_${location}_${name}`,
    isContextDeclared: false,
    contextCommand: `gcloud container clusters get-credentials ${name} --location ${location} --project ${project}`,
    logIn: (session) => getCredentials(fleet, session),
    // Terraform makes the gateway's record, and external-dns those of the pages.
    records: [],
    madeCluster: {
      isProtected: deletionProtection,
      place: `the project ${project}`,
      deleteDisk: (disk) => `gcloud compute disks delete ${disk}`,
      showCosts: `gcloud compute forwarding-rules list --project ${project}`,
      ...(state !== null && { statePlace: `the bucket ${state.bucket}` }),
    },
  };
}

/** Points kubectl at the cluster's DNS endpoint. @returns false if the cluster does not exist */
async function getCredentials(fleet: GoogleFleet, session: Session): Promise<boolean> {
  const { project, location } = fleet.cloud;
  const name = hubName(fleet.name);
  const place = [`--location=${location}`, `--project=${project}`];
  const args = ["container", "clusters", "get-credentials", name, ...place, "--dns-endpoint"];
  const { code, stderr } = await runProgram("gcloud", args, session);
  if (code === 0) return true;
  if (code === "missing") {
    throw new OperationError(
      "gcloud is needed to log in to the hub, and it is not installed. Install it " +
        "(https://cloud.google.com/sdk/docs/install)",
    );
  }
  if (/code=404|ResponseError: code=404|was not found|No cluster named/i.test(stderr)) return false;
  throw programFailure(`gcloud ${args.join(" ")} failed`, stderr);
}
