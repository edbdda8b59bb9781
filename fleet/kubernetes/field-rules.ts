/** What Kubernetes refuses in fields whose type is right: keys, ports, names of containers, restarts. */
import { show } from "../grammar/check.ts";
import { groupOf } from "../model/kinds.ts";
import { labelPattern } from "../model/names.ts";
import { fieldAt, isMapping } from "../model/values.ts";
import { containersOf, itemsOf, podOf, type Fields, type PodPart } from "./pods.ts";
import type { ObjectProblem } from "./schema-check.ts";

interface TypedObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Those of Kubernetes' own kinds. */
export function fieldProblems(object: TypedObject): readonly ObjectProblem[] {
  const group = groupOf(object.apiVersion);
  if (!["", "apps", "batch"].includes(group)) return [];
  const fields: Fields = { ...object };
  const pod = podOf(fields);
  return [
    ...keyProblems(fields),
    ...(group === "" && object.kind === "Service" ? servicePortProblems(fields) : []),
    ...(pod === undefined ? [] : [...containerProblems(pod), ...restartProblems(object.kind, pod)]),
  ];
}

const dataFields: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["ConfigMap", ["data", "binaryData"]],
  ["Secret", ["data", "stringData"]],
]);

/** The keys become names of files. */
function keyProblems(object: Fields): readonly ObjectProblem[] {
  const wrong = (key: string) => !/^(?!\.\.?$|\.\.)[A-Za-z0-9._-]{1,253}$/.test(key);
  return (dataFields.get(object["kind"]) ?? []).flatMap((field) => {
    const data = object[field];
    return Object.keys(isMapping(data) ? data : {})
      .filter(wrong)
      .map((key) => ({
        path: [field, key],
        message: `${JSON.stringify(key)} is not a valid key. Write letters, digits, hyphens, dots and underscores.`,
      }));
  });
}

function servicePortProblems(object: Fields): readonly ObjectProblem[] {
  const ports = itemsOf(object, ["spec", "ports"]);
  const unnamed = ports.filter(({ value }) => (value["name"] ?? "") === "");
  return [
    ...ports.flatMap(({ path, value }) => portProblems(path, value, "port")),
    ...(ports.length < 2 ? [] : unnamed).map(({ path }) => ({
      path: [...path, "name"],
      message: `"name" is missing. A Service with several ports requires it.`,
    })),
    ...repeated(ports, "name"),
  ];
}

function containerProblems(pod: PodPart): readonly ObjectProblem[] {
  const containers = containersOf(pod);
  return [
    ...containers.flatMap(({ path, value }) => [
      ...containerName(path, value["name"]),
      ...itemsOf(value, ["ports"]).flatMap((port) =>
        portProblems([...path, ...port.path], port.value, "containerPort"),
      ),
    ]),
    ...repeated(containers, "name"),
  ];
}

function containerName(path: readonly string[], name: unknown): readonly ObjectProblem[] {
  if (typeof name !== "string" || labelPattern.test(name)) return [];
  const message = `found ${show(name)}. Write at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.`;
  return [{ path: [...path, "name"], message }];
}

function portProblems(
  path: readonly string[],
  value: Fields,
  key: string,
): readonly ObjectProblem[] {
  const port = value[key];
  if (typeof port !== "number" || (port >= 1 && port <= 65_535)) return [];
  return [{ path: [...path, key], message: `found ${port}. Write a port from 1 to 65535.` }];
}

function repeated(parts: readonly PodPart[], key: string): readonly ObjectProblem[] {
  const seen = new Set<unknown>();
  return parts.flatMap(({ path, value }) => {
    const name = value[key];
    if (typeof name !== "string" || name === "") return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: [...path, key], message: `${show(name)} appears twice. Write another name.` }];
  });
}

/** A pod without a policy has Always. */
function restartProblems(kind: string, { path, value }: PodPart): readonly ObjectProblem[] {
  if (kind === "Pod" || kind === "PodTemplate") return [];
  const allowed = ["Job", "CronJob"].includes(kind) ? ["OnFailure", "Never"] : ["Always"];
  const policy = fieldAt(value, ["spec", "restartPolicy"]) ?? "Always";
  if (typeof policy !== "string" || allowed.includes(policy)) return [];
  const message = `a ${kind} cannot have ${policy}. Write ${allowed.join(" or ")}.`;
  return [{ path: [...path, "spec", "restartPolicy"], message }];
}
