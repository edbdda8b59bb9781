/** One stack, brought to what the synthesis says: planned, looked at, asked for, applied. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { count, shownPath, type Session } from "../../terminal/session.ts";
import { secondsSince } from "../../project/synthesis.ts";
import { askFor, type ConsentOptions } from "./consent.ts";
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
  /** False: Terraform found nothing to change. */
  readonly changed: boolean;
  readonly seconds: number;
}

/**
 * @param folder of all stacks: `dist/infra/stacks`
 * @throws OperationError where Terraform fails, the plan would break the hub, or the person says no
 */
export async function bringUp(
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
    askFor("yes", `Do what is planned above, in the stack ${name}?`, options, session);
  let planned = await plan(stack, place);
  const failed = failedPools(planned ?? {});
  if (failed.length > 0) {
    session.progress(`Removing ${count(failed.length, "node pool")} that failed when made …`);
    if (await stack.plan({ destroy: true, targets: failed })) {
      await consent();
      await stack.apply();
    }
    planned = await plan(stack, place);
  }
  if (planned !== undefined) {
    const refusal = planRefusal(planned, place);
    if (refusal !== undefined) throw new OperationError(refusal);
    await consent();
    await stack.apply();
  }
  const changed = planned !== undefined;
  return { stack, report: { stack: name, changed, seconds: secondsSince(start) } };
}

/**
 * What is to change, or undefined where nothing is. With better words than Terraform's where it must
 * not delete a cluster that failed.
 */
async function plan(stack: Stack, place: string): Promise<PlanFile | undefined> {
  try {
    return (await stack.plan()) ? ((await stack.show("plan")) as PlanFile) : undefined;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // Where not even the state can be read, the first failure says more.
    const advice = await stack.show("state").then(
      (state) => failedCluster(state as StateFile, place),
      () => undefined,
    );
    throw advice === undefined ? error : new OperationError(advice, { cause: error });
  }
}
