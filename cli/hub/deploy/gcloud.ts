/** The context of the hub; in Google Cloud the user's own `gcloud` writes it. */
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { OperationError, programFailure } from "../../../fleet/files/operation-error.ts";
import { hubContext } from "../bootstrap/hub-owner.ts";
import type { Session } from "../../terminal/session.ts";
import { runProgram } from "./programs.ts";
import { hubName } from "../../../fleet/model/contract.ts";

/**
 * Points kubectl at the hub: in Google Cloud at its DNS endpoint.
 *
 * @returns the name of the context in the kubeconfig; undefined if there is no such cluster
 */
export async function getCredentials(fleet: Fleet, session: Session): Promise<string | undefined> {
  if (fleet.cloud.provider === "existing") return fleet.cloud.context;
  const { project, location } = fleet.cloud;
  const name = hubName(fleet.name);
  const place = [`--location=${location}`, `--project=${project}`];
  const args = ["container", "clusters", "get-credentials", name, ...place, "--dns-endpoint"];
  const { code, stderr } = await runProgram("gcloud", args, session);
  if (code === 0) return hubContext(fleet);
  if (code === "missing") {
    throw new OperationError(
      "gcloud is needed to log in to the hub, and it is not installed. Install it " +
        "(https://cloud.google.com/sdk/docs/install)",
    );
  }
  if (/code=404|ResponseError: code=404|was not found|No cluster named/i.test(stderr)) return;
  throw programFailure(`gcloud ${args.join(" ")} failed`, stderr);
}
