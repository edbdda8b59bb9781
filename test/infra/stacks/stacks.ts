import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";

type Resources = Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;

export interface StackJson {
  readonly resource: Resources;
  readonly data?: Resources;
  readonly terraform: { readonly backend: object };
}

export function stackOf(name: string, fleet: Fleet): StackJson {
  return JSON.parse(synthesizeInfra(fleet).get(`stacks/${name}/cdk.tf.json`) ?? "") as StackJson;
}

export const manifestOf = (fleet: Fleet) =>
  JSON.parse(synthesizeInfra(fleet).get("manifest.json") ?? "") as {
    stacks: Record<string, { dependencies: string[] }>;
  };
