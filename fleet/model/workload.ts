/** What runs on devices. */
import type { Kind } from "./kinds.ts";
import type { Values } from "./values.ts";

/** The levels of the Kubernetes Pod Security Standards. */
export const podSecurityLevels = ["restricted", "baseline", "privileged"] as const;

export type PodSecurity = (typeof podSecurityLevels)[number];

/** A position in a file of the operator; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A YAML file of a workload of plain manifests. */
export interface ManifestFile {
  /** As mistakes name it. */
  readonly file: string;
  readonly text: string;
}

/** A Helm chart that Argo CD renders for devices. */
export interface WorkloadChart {
  /** URL of the chart repository, or of a registry (`oci://`), without a trailing slash. */
  readonly repository: string;
  readonly name: string;
  /**
   * The secret `<fleet>-<login>` in Google Secret Manager: a JSON object with username and password.
   * @default everybody may read the chart
   */
  readonly login?: string;
  /** The kinds of objects that it creates on a device. */
  readonly kinds: readonly Kind[];
}

/** A Kubernetes Secret of a workload, with its contents in Google Secret Manager. */
export interface WorkloadSecret {
  /** Name of the Secret on the device, a DNS label. */
  readonly name: string;
  /** The secret `<fleet>-<from>` in Google Secret Manager: a JSON object. */
  readonly from: string;
  /** Fields of the object, each a key of the Secret. @default all of them */
  readonly keys?: readonly string[];
}

/**
 * An application for devices, rendered once for each ring, and separately for each site with its
 * own values. It is a chart, plain manifests, or a construct in `gitops/workloads/`.
 */
export interface Workload {
  /** A DNS label; also its namespace, and the name of its construct in the registry. */
  readonly name: string;
  /** Devices with all of these labels run the workload; empty: every device. */
  readonly selector: Readonly<Record<string, string>>;
  /** The version in each ring, one entry for every ring of the fleet, in ring order. */
  readonly versions: ReadonlyMap<string, string>;
  /** @default none: it is a chart or a construct */
  readonly manifests?: readonly ManifestFile[];
  /** @default none: it is made of manifests, or a construct */
  readonly chart?: WorkloadChart;
  /** As written. @default none */
  readonly values?: Values;
  /** By site: merged over `values`. @default none */
  readonly sites?: ReadonlyMap<string, Values>;
  /** Kubernetes Secrets in its namespace that are not in Git. @default none */
  readonly secrets?: readonly WorkloadSecret[];
  /** The pod security of the namespace that Flotilla creates for manifests or a chart. @default restricted */
  readonly podSecurity?: PodSecurity;
  /** Where the fleet file declares it. @default unknown */
  readonly place?: Place;
}

interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export function isSecretNamed({ apiVersion, kind, metadata }: NamedObject, name: unknown): boolean {
  return apiVersion === "v1" && kind === "Secret" && metadata.name === name;
}

/** @param where the workload's secrets are declared */
export function repeatedSecret(where: string): string {
  return `${where} has a Secret of this name, and the two would replace each other. Give one of them another name, or delete one.`;
}
