/** What a workload is: a construct that puts everything it needs into one namespace of a device. */
import { ApiObject, JsonPatch, Size } from "cdk8s";
import { Cpu, LabelSelector } from "cdk8s-plus-27";
import type { ContainerResources, Workload } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { z } from "zod";
import type { Values } from "../../fleet/model/fleet.ts";
import { managedByFlotilla, ringLabel } from "../../fleet/model/contract.ts";

export interface WorkloadProps {
  /** The namespace that the construct makes and fills; also the workload's name. */
  readonly namespace: string;
  readonly ring: string;
  /** What the fleet file says for this ring. */
  readonly version: string;
  /** Image of Fluent Bit where the hub takes telemetry in. @default it takes none in */
  readonly agentImage?: string | undefined;
}

/** What the registry holds: a class, with what the fleet file may set of it. */
export interface WorkloadConstruct {
  // Each has its own props, which propsOf makes by its grammar: no type tells them apart here.
  new (scope: Construct, id: string, props: any): Construct;
  /**
   * The grammar of its values, each of them optional or with a default; parsed, they are among its
   * props. @default it has none
   */
  readonly values?: z.ZodObject;
}

/** The props of a construct of the registry, from values that the fleet file has. */
export function propsOf(
  { values: schema }: WorkloadConstruct,
  props: WorkloadProps,
  values: Values = {},
): WorkloadProps {
  return { ...schema?.parse(values), ...props };
}

/** Of every object of a workload. No version: a promotion then changes the image's line alone. */
export function objectLabels(props: WorkloadProps): Record<string, string> {
  return {
    "app.kubernetes.io/name": props.namespace,
    ...managedByFlotilla,
    [ringLabel]: props.ring,
  };
}

/**
 * Of a workload's pods, and what selects them: nobody may change a selector once it exists, and any
 * other label that changes restarts the pods.
 */
export function podLabels(props: WorkloadProps): Record<string, string> {
  return { "app.kubernetes.io/name": props.namespace };
}

/**
 * Puts right what cdk8s-plus-27 has no word for. Pods are selected by `labels` in place of a hash of
 * the construct's path; and as the level `restricted` of the Pod Security Standards asks, system
 * calls are filtered by the container runtime's own profile and no container has a capability.
 */
export function finishPods(workload: Workload, labels: Readonly<Record<string, string>>): void {
  workload.select(LabelSelector.of({ labels: { ...labels } }));
  const pod = "/spec/template/spec";
  ApiObject.of(workload).addJsonPatch(
    JsonPatch.remove("/spec/template/metadata/labels/cdk8s.io~1metadata.addr"),
    // Has no meaning without an fsGroup.
    JsonPatch.remove(`${pod}/securityContext/fsGroupChangePolicy`),
    JsonPatch.add(`${pod}/securityContext/seccompProfile`, { type: "RuntimeDefault" }),
    ...workload.containers.map((_, index) =>
      JsonPatch.add(`${pod}/containers/${index}/securityContext/capabilities`, { drop: ["ALL"] }),
    ),
  );
}

/** Millicores and MiB, request and limit. cdk8s-plus' own defaults fill a small device alone. */
export function resources(
  cpuMillis: readonly [request: number, limit: number],
  memoryMebibytes: readonly [request: number, limit: number],
): ContainerResources {
  return {
    cpu: { request: Cpu.millis(cpuMillis[0]), limit: Cpu.millis(cpuMillis[1]) },
    memory: {
      request: Size.mebibytes(memoryMebibytes[0]),
      limit: Size.mebibytes(memoryMebibytes[1]),
    },
  };
}
