/** Checks what a workload's class gives to the functions that help it: the compiler sees mistakes, and Node does not. */
import { Construct } from "constructs";
import { z } from "zod";
import { showType } from "../../fleet/grammar/check.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { filledText, requireArgument, textsByKey } from "../arguments.ts";

const namespaced = { what: "props", schema: z.object({ namespace: filledText }) };
const ofRing = { what: "props", schema: z.object({ namespace: filledText, ring: filledText }) };

/** @param name of the function, which takes the props of no construct */
export function requireNamespace(name: string, props: unknown): void {
  requireArgument(name, "props", namespaced, props);
}

export function requireRing(name: string, props: unknown): void {
  requireArgument(name, "props", ofRing, props);
}

const labels = {
  what: "labels",
  schema: textsByKey.refine((value) => Object.keys(value).length > 0, {
    error: "there are no labels, and they select the pods. Write podLabels(props).",
  }),
};

/** @param workload of cdk8s-plus-27, whichever copy of it */
export function requirePods(name: string, workload: unknown, value: unknown): void {
  if (!Construct.isConstruct(workload) || !("podMetadata" in workload)) {
    const what = Construct.isConstruct(workload) ? workload.node.path : showType(workload);
    const message = `found ${what} in place of a workload of cdk8s-plus-27. Write a Deployment, StatefulSet, DaemonSet, Job or CronJob.`;
    throw new InputError([{ file: name, message }]);
  }
  requireArgument(workload.node.path, name, labels, value);
}

const amounts = z
  .tuple([z.number().positive(), z.number().positive()], {
    error: "this is not a list of two numbers. Write [request, limit].",
  })
  .refine(([request, limit]) => request <= limit, {
    error: "the request is above the limit. Write [request, limit], the smaller number first.",
  });

/** @param name of the function @param what the amounts are */
export function requireAmounts(name: string, what: string, value: unknown): void {
  requireArgument(name, what, { what, schema: amounts }, value);
}
