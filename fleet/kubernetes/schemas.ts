/** The schemas of Kubernetes' own kinds; test/peers/kubernetes-schemas.ts makes the file. */
import { gunzipSync } from "node:zlib";
import bundled from "./schemas.json" with { type: "json" };

/** See test/peers/kubernetes-schemas.ts. */
export type FieldType = string | number | readonly ["l" | "m", FieldType];

export interface Definition {
  readonly p: Readonly<Record<string, FieldType>>;
  readonly r?: readonly string[];
}

export interface Schemas {
  /** Definition of each `group/version/Kind`. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly definitions: readonly Definition[];
}

/** The version of Kubernetes, `1.36`. */
export const kubernetesMinor = bundled.kubernetes.replace(/\.\d+$/, "");

let unpacked: Schemas | undefined;

/** Unpacked at the first use: most fleets have no manifests. */
export function kubernetesSchemas(): Schemas {
  unpacked ??= JSON.parse(gunzipSync(Buffer.from(bundled.data, "base64")).toString()) as Schemas;
  return unpacked;
}
