/**
 * A Plan of Rancher's system-upgrade-controller as a typed construct, with the fields that Flotilla
 * uses. No package registry has the definition of this kind, so `cdk8s import` cannot make the class.
 *
 * Fields: rancher/system-upgrade-controller, pkg/apis/upgrade.cattle.io/v1/types.go at v0.20.1.
 */
import { ApiObject, type ApiObjectMetadata } from "cdk8s";
import type { Construct } from "constructs";
import type { LabelSelector, Toleration } from "../imports/k8s.ts";

export interface PlanProps {
  readonly metadata: ApiObjectMetadata;
  readonly spec: PlanSpec;
}

export interface PlanSpec {
  /** What the nodes upgrade to. */
  readonly version: string;
  /** How many nodes upgrade at once. */
  readonly concurrency?: number;
  /** No other Plan runs on the node at the same time. */
  readonly exclusive?: boolean;
  /** Deadline of a Job, in seconds. */
  readonly jobActiveDeadlineSecs?: number;
  readonly nodeSelector?: LabelSelector;
  readonly serviceAccountName?: string;
  /** The tolerations of the Jobs. */
  readonly tolerations?: readonly Toleration[];
  readonly window?: PlanWindow;
  readonly upgrade: {
    readonly image: string;
    readonly command?: readonly string[];
    readonly args?: readonly string[];
  };
}

/** When Jobs may start. */
export interface PlanWindow {
  /** `mon` to `sun`. */
  readonly days?: readonly string[];
  /** `HH:MM`. */
  readonly startTime?: string;
  /** `HH:MM:SS`, not before the start: a window does not pass midnight. */
  readonly endTime?: string;
  /** An IANA time-zone name. */
  readonly timeZone?: string;
}

export class Plan extends ApiObject {
  constructor(scope: Construct, id: string, props: PlanProps) {
    super(scope, id, { apiVersion: "upgrade.cattle.io/v1", kind: "Plan", ...props });
  }
}
