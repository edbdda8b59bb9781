/** A workload: a construct that puts everything it needs into one namespace of a device. */
import { ApiObject, JsonPatch, Size } from "cdk8s";
import { Cpu, LabelSelector, Pod } from "cdk8s-plus-27";
import type { Container, ContainerResources, Workload } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { z } from "zod";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Values } from "../../fleet/model/values.ts";
import { managedByFlotilla, ringLabel } from "../../fleet/model/contract.ts";
import {
  requireAmounts,
  requireNamespace,
  requirePods,
  requireRing,
} from "./workload-arguments.ts";

export interface WorkloadProps {
  /**
   * The namespace of its objects; also the workload's name. If the construct does not make it, it is made
   * with the level `restricted` of the Pod Security Standards.
   */
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
  requireRing("objectLabels", props);
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
  requireNamespace("podLabels", props);
  return { "app.kubernetes.io/name": props.namespace };
}

/**
 * Sets what cdk8s-plus-27 has no option for. Call it when the workload has all its containers; a second call with
 * the same labels changes nothing.
 *
 * `labels` are on the pods and select them, instead of a hash of the construct's path: a selector cannot
 * change, and the path may. The hash stays a label of the pods, for a Service that was made with it,
 * unless the workload has `select: false`. As the level `restricted` of the Pod Security Standards
 * requires, pods have the container runtime's seccomp profile and containers drop every capability.
 */
export function finishPods(workload: Workload, labels: Readonly<Record<string, string>>): void {
  requirePods("finishPods", workload, labels);
  if (!isFirst(workload, labels)) return;
  for (const [key, value] of Object.entries(labels)) workload.podMetadata.addLabel(key, value);
  const podSelector = LabelSelector.of({ labels: { ...labels } });
  const isSelectedByHash = Pod.ADDRESS_LABEL in workload.matchLabels;
  workload.select(podSelector);
  const { namespace } = workload.metadata;
  workload.toPodSelectorConfig = () => ({
    labelSelector: podSelector,
    ...(namespace !== undefined && { namespaces: { names: [namespace] } }),
  });
  const object = ApiObject.of(workload);
  const template = `/spec/${object.kind === "CronJob" ? "jobTemplate/spec/" : ""}template`;
  const hash = Pod.ADDRESS_LABEL.replaceAll("/", "~1");
  // The Service of a StatefulSet selects by it, whatever the workload does.
  const isHashUsed = isSelectedByHash || object.kind === "StatefulSet";
  object.addJsonPatch(
    ...(isSelectedByHash ? [JsonPatch.remove(`/spec/selector/matchLabels/${hash}`)] : []),
    ...(isHashUsed ? [] : [JsonPatch.remove(`${template}/metadata/labels/${hash}`)]),
    JsonPatch.add(`${template}/spec/securityContext/seccompProfile`, { type: "RuntimeDefault" }),
    ...(workload.securityContext.fsGroup === undefined
      ? // Has no meaning without an fsGroup.
        [JsonPatch.remove(`${template}/spec/securityContext/fsGroupChangePolicy`)]
      : []),
    ...dropCapabilities(`${template}/spec/containers`, workload.containers),
    ...dropCapabilities(`${template}/spec/initContainers`, workload.initContainers),
  );
}

/** What `finishPods` was called with. */
const finished = new WeakMap<Workload, string>();

/** @throws InputError if the patches of an earlier call are for other labels or containers */
function isFirst(workload: Workload, labels: Readonly<Record<string, string>>): boolean {
  const { containers, initContainers } = workload;
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const state = JSON.stringify([sorted, containers.length, initContainers.length]);
  const earlier = finished.get(workload);
  finished.set(workload, earlier ?? state);
  if (earlier === undefined || earlier === state) return earlier === undefined;
  const message =
    "it was called before, and the labels or the containers were others. Call it once, after the last addContainer.";
  throw new InputError([{ file: workload.node.path, path: "finishPods", message }]);
}

/** Those that a container adds lose the prefix that cdk8s-plus gives them and Kubernetes does not know. */
function dropCapabilities(path: string, containers: readonly Container[]): JsonPatch[] {
  return containers.map(({ securityContext: { capabilities } }, index) =>
    JsonPatch.add(`${path}/${index}/securityContext/capabilities`, {
      ...(capabilities?.add && { add: capabilities.add.map((name) => name.replace(/^CAP_/, "")) }),
      drop: ["ALL"],
    }),
  );
}

/** Millicores and MiB, request and limit. The defaults of cdk8s-plus would fill a small device. */
export function resources(
  cpuMillis: readonly [request: number, limit: number],
  memoryMebibytes: readonly [request: number, limit: number],
): ContainerResources {
  requireAmounts("resources", "cpuMillis", cpuMillis);
  requireAmounts("resources", "memoryMebibytes", memoryMebibytes);
  return {
    cpu: { request: Cpu.millis(cpuMillis[0]), limit: Cpu.millis(cpuMillis[1]) },
    memory: {
      request: Size.mebibytes(memoryMebibytes[0]),
      limit: Size.mebibytes(memoryMebibytes[1]),
    },
  };
}
