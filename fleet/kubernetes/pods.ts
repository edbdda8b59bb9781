/** The pods that an object makes. */
import { fieldAt, isMapping } from "../model/values.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface PodPart {
  readonly path: readonly string[];
  readonly value: Fields;
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ["template"],
  ReplicationController: ["spec", "template"],
  Deployment: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** The pod, or the template of the pods, of an object; undefined if it makes none. */
export function podOf(object: Fields): PodPart | undefined {
  const path = templatePaths[String(object["kind"])];
  const value = path && fieldAt(object, path);
  return path && isMapping(value) ? { path, value } : undefined;
}

/** The containers of a pod, of all three kinds. */
export function containersOf({ path, value }: PodPart): readonly PodPart[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((key) =>
    itemsOf(value, ["spec", key]).map((item) => ({
      path: [...path, ...item.path],
      value: item.value,
    })),
  );
}

/** The mappings in a list. */
export function itemsOf(value: unknown, path: readonly string[]): readonly PodPart[] {
  const list = fieldAt(value, path);
  if (!Array.isArray(list)) return [];
  return list.flatMap((item, index) =>
    isMapping(item) ? [{ path: [...path, String(index)], value: item }] : [],
  );
}
