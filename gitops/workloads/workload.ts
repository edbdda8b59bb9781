/** A workload: a construct that puts everything it needs into one namespace of a device. */
import { ApiObject, JsonPatch, Size } from "cdk8s";
import { Cpu, LabelSelector } from "cdk8s-plus-27";
import type { ContainerResources, Workload } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { z } from "zod";
import type { Values } from "../../fleet/model/values.ts";
import { managedByFlotilla, ringLabel } from "../../fleet/model/contract.ts";

export interface WorkloadProps {
  /** The namespace that the construct makes and fills; also the workload's name. */
  readonly namespace: string;
  readonly ring: string;
  /** The version of this ring in the fleet file. */
  readonly version: string;
  /** Image of Fluent Bit, where the hub receives telemetry. @default the hub receives none */
  readonly agentImage?: string | undefined;
}

/** An entry of the registry: a class, with the schema of what the fleet file may set. */
export interface WorkloadConstruct {
  // Each class has its own props, which propsOf parses with its schema: they have no common type.
  new (scope: Construct, id: string, props: any): Construct;
  /**
   * The schema of its values, each of them optional or with a default. The parsed values are among
   * its props. @default it has no values
   */
  readonly values?: z.ZodObject;
}

/** The props of a construct of the registry, with the values of the fleet file. */
export function propsOf(
  { values: schema }: WorkloadConstruct,
  props: WorkloadProps,
  values: Values = {},
): WorkloadProps {
  return { ...schema?.parse(values), ...props };
}

/** Labels of every object of a workload. Without the version, a promotion changes one line only. */
export function objectLabels(
  props: Pick<WorkloadProps, "namespace" | "ring">,
): Record<string, string> {
  return {
    "app.kubernetes.io/name": props.namespace,
    ...managedByFlotilla,
    [ringLabel]: props.ring,
  };
}

/**
 * Labels of a workload's pods, which also select them. Kubernetes allows no change of a selector, and
 * any other label that changes restarts the pods.
 */
export function podLabels(props: WorkloadProps): Record<string, string> {
  return { "app.kubernetes.io/name": props.namespace };
}

/**
 * Sets what cdk8s-plus-27 has no option for. `labels` select the pods, instead of a hash of the
 * construct's path. As the level `restricted` of the Pod Security Standards requires, pods have the
 * container runtime's seccomp profile and containers have no capability.
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

/** Millicores and MiB, request and limit. The defaults of cdk8s-plus would fill a small device. */
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
