/**
 * Changes that Kubernetes refuses, so that Argo CD's next synchronization fails: an object keeps some of its
 * fields for as long as it exists.
 *
 * Source: the validation of each kind in Kubernetes 1.36 (`ValidateImmutableField` and others in pkg/apis). A
 * test makes each change at a real API server.
 */
import { fieldAt, isMapping, type Values } from "../../fleet/model/values.ts";
import { fieldChanges } from "./field-changes.ts";
import type { FieldChange } from "./plan.ts";

interface Rule {
  /** Paths of fields that do not change. Below `spec.`: what `except` does not name. */
  readonly fields: readonly string[];
  /** Fields below them that do change. */
  readonly except?: readonly string[];
}

const selector: Rule = { fields: ["spec.selector"] };
const frozen: Rule = { fields: ["data", "binaryData", "stringData", "immutable"] };
const binding: Rule = { fields: ["roleRef"] };

/** By kind and group. */
const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    "Deployment.apps": selector,
    "DaemonSet.apps": selector,
    "ReplicaSet.apps": selector,
    "StatefulSet.apps": {
      fields: ["spec"],
      except: [
        "minReadySeconds",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
        "replicas",
        "revisionHistoryLimit",
        "template",
        "updateStrategy",
      ],
    },
    "Job.batch": {
      fields: ["spec"],
      except: [
        "activeDeadlineSeconds",
        "backoffLimit",
        "manualSelector",
        "parallelism",
        "podReplacementPolicy",
        "suspend",
        "ttlSecondsAfterFinished",
      ],
    },
    "PersistentVolumeClaim.": {
      fields: ["spec"],
      // Its size: see disksOf.
      except: ["resources", "volumeAttributesClassName"],
    },
    "Secret.": { fields: ["type"] },
    "RoleBinding.rbac.authorization.k8s.io": binding,
    "ClusterRoleBinding.rbac.authorization.k8s.io": binding,
    "StorageClass.storage.k8s.io": {
      fields: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
    },
    "PriorityClass.scheduling.k8s.io": { fields: ["value", "preemptionPolicy"] },
    "IngressClass.networking.k8s.io": { fields: ["spec.controller"] },
    "RuntimeClass.node.k8s.io": { fields: ["handler"] },
    "CustomResourceDefinition.apiextensions.k8s.io": { fields: ["spec.group", "spec.scope"] },
  }),
);

/** What Kubernetes adds to a field that is absent: writing it changes nothing. */
const defaults: ReadonlyMap<string, unknown> = new Map(
  Object.entries({
    completionMode: "NonIndexed",
    podManagementPolicy: "OrderedReady",
    preemptionPolicy: "PreemptLowerPriority",
    reclaimPolicy: "Delete",
    type: "Opaque",
    volumeBindingMode: "Immediate",
    volumeMode: "Filesystem",
  }),
);

/**
 * The fields of a changed object that Kubernetes does not let change, `spec.selector`. Empty if Argo CD has
 * to replace the object.
 */
export function refusedFields(before: Values, after: Values): readonly string[] {
  if (isReplaced(after)) return [];
  const name = `${String(after["kind"])}.${groupOf(after["apiVersion"])}`;
  const own = rules.get(name);
  const all = [...(own ? [own] : []), ...(isFrozen(name, before) ? [frozen] : [])];
  const compared = all.length === 0 ? [] : fieldChanges(before, after);
  const changes = compared.filter((change) => !isDefault(change));
  const changed = changes.flatMap(({ path }) => all.flatMap((rule) => fieldOf(rule, path) ?? []));
  const sizes = new Map(disksOf(name, before));
  const smaller = disksOf(name, after).filter(([path, size]) => size < (sizes.get(path) ?? 0));
  return [...new Set([...changed, ...smaller.map(([path]) => path)])];
}

const groupOf = (version: unknown) => /^(.*)\/[^/]*$/.exec(String(version))?.[1] ?? "";

/** Argo CD deletes it and makes it again: by its options, or because it is a hook. */
function isReplaced(object: Values): boolean {
  const annotations = fieldAt(object, ["metadata", "annotations"]);
  if (!isMapping(annotations)) return false;
  const options = String(annotations["argocd.argoproj.io/sync-options"]).split(",");
  const isForced = ["Force=true", "Replace=true"].every((wanted) =>
    options.some((option) => option.trim() === wanted),
  );
  return isForced || ["argocd.argoproj.io/hook", "helm.sh/hook"].some((key) => key in annotations);
}

const isFrozen = (name: string, before: Values) =>
  ["Secret.", "ConfigMap."].includes(name) && before["immutable"] === true;

/** The field of the rule that a path is in; undefined if the path is in none. */
function fieldOf({ fields, except }: Rule, path: string): string | undefined {
  const field = fields.find(
    (each) => path === each || (/^[.[]/.test(path.slice(each.length)) && path.startsWith(each)),
  );
  if (field === undefined || except === undefined) return field;
  const [key = ""] = /^[\w-]*/.exec(path.slice(field.length + 1)) ?? [];
  // Without a key, the whole was missing before: there is no such object in a cluster.
  return key === "" || except.includes(key) ? undefined : `${field}.${key}`;
}

/** Whether a value is written that Kubernetes takes without it, or such a value is deleted. */
function isDefault({ path, before, after }: FieldChange): boolean {
  const usual = defaults.get(/[\w-]*$/.exec(path)?.[0] ?? "");
  return usual !== undefined && (before ?? usual) === (after ?? usual);
}

const request = ["resources", "requests", "storage"];

/** The disks that an object asks for: the path, and the bytes. A disk does not become smaller. */
function disksOf(name: string, object: Values): readonly (readonly [string, number])[] {
  const disk = (path: string, spec: unknown) => {
    const size = bytes(fieldAt(spec, request));
    return size === undefined ? [] : [[`${path}.${request.join(".")}`, size] as const];
  };
  if (name === "PersistentVolumeClaim.") return disk("spec", object["spec"]);
  if (name !== "Elasticsearch.elasticsearch.k8s.elastic.co") return [];
  return listAt(object, ["spec", "nodeSets"]).flatMap((set) =>
    listAt(set, ["volumeClaimTemplates"]).flatMap((claim) => {
      const [of, named] = [fieldAt(set, ["name"]), fieldAt(claim, ["metadata", "name"])];
      const path = `spec.nodeSets[${String(of)}].volumeClaimTemplates[${String(named)}].spec`;
      return disk(path, fieldAt(claim, ["spec"]));
    }),
  );
}

function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = fieldAt(value, path);
  return Array.isArray(found) ? found : [];
}

const powers: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of storage; undefined if it is none. */
function bytes(quantity: unknown): number | undefined {
  const [, number, unit = ""] =
    /^([\d.]+(?:[eE]\d+)?)([kMGTPE]i?|Ki)?$/.exec(String(quantity)) ?? [];
  const power = powers[unit];
  return number === undefined || power === undefined ? undefined : Number(number) * power;
}
