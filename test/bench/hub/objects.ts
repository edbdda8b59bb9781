/** The objects of one device's API server, in memory: as much of Kubernetes' API as Argo CD uses. */
import { randomUUID } from "node:crypto";

export interface Place {
  readonly apiVersion: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface Watch {
  readonly place: Place;
  readonly send: (event: unknown) => void;
}

interface Stored {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Record<string, unknown>;
  readonly [field: string]: unknown;
}

interface Event {
  readonly version: number;
  readonly key: string;
  readonly type: string;
  readonly object: Stored;
}

type Answer = [status: number, content: unknown];

/** Objects that K3s has by itself, for each of these kinds. */
const seeded: Readonly<Record<string, readonly [kind: string, count: number]>> = {
  "v1 configmaps": ["ConfigMap", 14],
  "v1 secrets": ["Secret", 6],
  "v1 services": ["Service", 5],
  "v1 serviceaccounts": ["ServiceAccount", 40],
  "v1 pods": ["Pod", 6],
  "v1 namespaces": ["Namespace", 5],
  "apps/v1 deployments": ["Deployment", 5],
  "apps/v1 daemonsets": ["DaemonSet", 2],
  "apps/v1 replicasets": ["ReplicaSet", 5],
};

export class Objects {
  /** Group, version and resource → namespace and name → object. */
  readonly #kinds = new Map<string, Map<string, Stored>>();
  readonly #watches = new Set<Watch>();
  readonly #events: Event[] = [];
  #version = 1000;

  constructor(device: string) {
    for (const [key, [kind, count]] of Object.entries(seeded)) {
      const [apiVersion = "", resource = ""] = key.split(" ");
      for (let index = 0; index < count; index++) {
        const name = `${resource}-${index}`;
        const namespace = kind === "Namespace" ? undefined : "kube-system";
        const place = { apiVersion, resource, namespace, name };
        const data = { text: `${device} ${"x".repeat(1500)}` };
        this.apply(place, { apiVersion, kind, metadata: { name, namespace }, data }, false);
      }
    }
  }

  /** Undefined for what is not an object or a list of objects. */
  placeOf(path: string): Place | undefined {
    const [, core, group, version, rest = ""] =
      /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+)$/.exec(path) ?? [];
    if (rest === "") return undefined;
    const apiVersion = core ?? `${group}/${version}`;
    const [, namespace, inside] = /^namespaces\/([^/]+)\/(.+)$/.exec(rest) ?? [];
    const [resource = "", name] = (inside ?? rest).split("/");
    return { apiVersion, resource, namespace, name };
  }

  list(place: Place): unknown {
    const items = [...this.#kind(place).values()].filter((one) => isIn(place, one));
    const kind = `${items[0]?.kind ?? "Object"}List`;
    const metadata = { resourceVersion: String(this.#version) };
    return { apiVersion: place.apiVersion, kind, metadata, items };
  }

  get(place: Place): Answer {
    const found = this.#kind(place).get(keyOf(place));
    return found === undefined ? notFound : [200, found];
  }

  apply(place: Place, wanted: unknown, isDryRun: boolean): Answer {
    const before = this.#kind(place).get(keyOf(place));
    const object = this.#made(before, wanted as Stored);
    if (isDryRun) return [200, object];
    this.#change(place, object, before === undefined ? "ADDED" : "MODIFIED");
    return [before === undefined ? 201 : 200, object];
  }

  remove(place: Place): Answer {
    const found = this.#kind(place).get(keyOf(place));
    if (found === undefined) return notFound;
    this.#change(place, found, "DELETED");
    return [200, { kind: "Status", apiVersion: "v1", status: "Success" }];
  }

  watch(watch: Watch, since: number): void {
    this.#watches.add(watch);
    for (const event of this.#events) if (event.version > since) tell(watch, event);
  }

  unwatch(watch: Watch): void {
    this.#watches.delete(watch);
  }

  #kind({ apiVersion, resource }: Place): Map<string, Stored> {
    const key = `${apiVersion} ${resource}`;
    const kind = this.#kinds.get(key) ?? new Map<string, Stored>();
    this.#kinds.set(key, kind);
    return kind;
  }

  #made(before: Stored | undefined, wanted: Stored): Stored {
    const { metadata, ...rest } = wanted;
    const time = "2026-11-29T00:00:00Z";
    const { replicas = 1 } = (rest["spec"] ?? {}) as { replicas?: number };
    return {
      ...rest,
      metadata: {
        ...metadata,
        uid: before?.metadata["uid"] ?? randomUUID(),
        creationTimestamp: time,
        generation: 1,
        resourceVersion: String(this.#version + 1),
        managedFields: [
          {
            manager: "argocd-controller",
            operation: "Apply",
            apiVersion: wanted.apiVersion,
            time,
            fieldsType: "FieldsV1",
            fieldsV1: fieldsOf({ ...rest, metadata: { labels: metadata["labels"] } }),
          },
        ],
      },
      ...(wanted.kind === "Deployment" && {
        status: {
          observedGeneration: 1,
          replicas,
          updatedReplicas: replicas,
          readyReplicas: replicas,
          availableReplicas: replicas,
        },
      }),
    };
  }

  #change(place: Place, object: Stored, type: string): void {
    const key = `${place.apiVersion} ${place.resource}`;
    const kind = this.#kind(place);
    if (type === "DELETED") kind.delete(keyOf(place));
    else kind.set(keyOf(place), object);
    const event = { version: ++this.#version, key, type, object };
    this.#events.push(event);
    if (this.#events.length > 400) this.#events.shift();
    for (const watch of this.#watches) tell(watch, event);
  }
}

const notFound: Answer = [
  404,
  { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 },
];

const keyOf = ({ namespace = "", name = "" }: Place) => `${namespace}/${name}`;

const isIn = ({ namespace }: Place, { metadata }: Stored) =>
  namespace === undefined || metadata["namespace"] === namespace;

function tell({ place, send }: Watch, { key, type, object }: Event): void {
  if (key !== `${place.apiVersion} ${place.resource}` || !isIn(place, object)) return;
  send({ type, object });
}

/** managedFields: every field that is set. Lists are one field. */
function fieldsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => each !== undefined && !["apiVersion", "kind"].includes(name))
      .map(([name, each]) => [`f:${name}`, fieldsOf(each)]),
  );
}
