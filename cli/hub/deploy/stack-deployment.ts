/** Deploys one stack: plan, checks, consent, apply. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { operationError, OperationError } from "../../../fleet/files/operation-error.ts";
import { count, shownPath, type Session } from "../../terminal/session.ts";
import { secondsSince } from "../../project/synthesis.ts";
import { askFor, type ConsentOptions } from "../../terminal/consent.ts";
import {
  failedCluster,
  failedPools,
  planRefusal,
  type PlanFile,
  type StateFile,
} from "./plan-refusals.ts";
import { openStack, type Stack } from "./terraform.ts";

export interface StackReport {
  readonly stack: string;
  /** False if Terraform found no changes. */
  readonly changed: boolean;
  readonly seconds: number;
}

/**
 * @param folder of all stacks: `dist/infra/stacks`
 * @throws OperationError if Terraform fails, the plan would break the hub, or the user does not agree
 */
export async function deployStack(
  folder: string,
  name: string,
  options: ConsentOptions,
  session: Session,
): Promise<{ readonly stack: Stack; readonly report: StackReport }> {
  const start = performance.now();
  const place = shownPath(join(folder, name));
  session.progress(`Stack ${name}: terraform in ${place}`);
  const stack = await openStack(folder, name, session);
  const consent = () =>
    askFor("yes", `Apply the plan above to the stack ${name}?`, options, session);
  let planned = await plan(stack, place);
  const failed = failedPools(planned ?? {});
  if (failed.length > 0) {
    session.progress(`Removing ${count(failed.length, "node pool")} whose creation failed …`);
    if (await stack.plan({ destroy: true, targets: failed })) {
      await consent();
      await stack.apply();
    }
    planned = await plan(stack, place);
  }
  if (planned !== undefined) {
    const refusal = planRefusal(planned, place);
    if (refusal !== undefined) throw operationError(refusal);
    await consent();
    await stack.apply();
  }
  const changed = planned !== undefined;
  return { stack, report: { stack: name, changed, seconds: secondsSince(start) } };
}

/**
 * The plan; undefined without changes.
 *
 * @throws OperationError; for a cluster whose creation failed, with a better fix than Terraform's
 */
async function plan(stack: Stack, place: string): Promise<PlanFile | undefined> {
  try {
    return (await stack.plan()) ? ((await stack.show("plan")) as PlanFile) : undefined;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // If the state can't be read either, the first error is more useful.
    const advice = await stack.show("state").then(
      (state) => failedCluster(state as StateFile, place),
      () => undefined,
    );
    throw advice === undefined ? error : operationError(advice, { cause: error });
  }
}
