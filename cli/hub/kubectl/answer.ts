/** Reads what a hub answers: somebody who broke into it may have it say anything. */
import type { z } from "zod";
import { parseJson, type JsonLimits } from "../../../gitops/programs/shared/json.ts";
import { KubectlError } from "./kubectl-errors.ts";

/** An Application of Argo CD has about 300 values, and a large fleet has 20,000 of them. */
const limits: JsonLimits = { valuesMax: 10_000_000, depthMax: 64 };

/** @throws KubectlError if the answer is not of this shape */
export function parseAnswer<Value>(schema: z.ZodType<Value>, text: string): Value {
  let json: unknown;
  try {
    json = parseJson(Buffer.from(text), limits);
  } catch (error) {
    throw new KubectlError("other", `the hub's answer is invalid: ${(error as Error).message}`);
  }
  const { data, error } = schema.safeParse(json);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const place = issue?.path.map(String).join(".").slice(0, 200);
  const where = place ? `${JSON.stringify(place)}: ` : "";
  throw new KubectlError("other", `the hub's answer is invalid: ${where}${issue?.message}`);
}
