/**
 * The kinds of resource that are made, read, changed and deleted like most of Google's: a table of their
 * paths, the values that Google fills in, and their special operations.
 */
import { pollOperation, route, startOperation } from "./call.ts";
import type { Call, Route } from "./call.ts";
import { GoogleError } from "./cloud.ts";
import type { Json, Operation } from "./cloud.ts";

interface Kind {
  /** `compute/projects/{project}/global/networks` */
  readonly collection: string;
  /** The query parameter of a create request that has the name. @default the name is in the body */
  readonly nameParameter?: string;
  /** What Google adds to the name. */
  readonly nameSuffix?: (call: Call) => string;
  /** The form of the operation that a change returns. Undefined: the answer is the resource itself. */
  readonly operation?: Operation["style"];
  /** The values that Google fills in if the request has none. */
  readonly defaults?: (name: string, call: Call) => Json;
  /** The values that Google sets, whatever the request has. */
  readonly computed?: (name: string, call: Call) => Json;
  /** What Google refuses in a change: throws. */
  readonly check?: (resource: Json, body: Json, call: Call) => void;
  /** Special verbs, such as `setLabels`, and what they do to the resource. */
  readonly verbs?: Readonly<Record<string, (resource: Json, body: Json) => Json>>;
  /** If a create request wraps the resource: the fields with its name and with the rest. */
  readonly wrapped?: readonly [name: string, resource: string];
  /** Google never deletes it, for example a key ring. */
  readonly permanent?: true;
}

const setLabels = (_resource: Json, { labels, labelFingerprint }: Json) => ({
  labels,
  labelFingerprint: nextFingerprint(labelFingerprint),
});

const kinds: readonly Kind[] = [
  {
    collection: "compute/projects/{project}/global/networks",
    operation: "compute",
    defaults: () => ({
      networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
      routingConfig: { routingMode: "REGIONAL", bgpBestPathSelectionMode: "LEGACY" },
    }),
  },
  {
    collection: "compute/projects/{project}/regions/{region}/subnetworks",
    operation: "compute",
    defaults: () => ({
      fingerprint: "fingerprint-1",
      gatewayAddress: "10.0.0.1",
      privateIpv6GoogleAccess: "DISABLE_GOOGLE_ACCESS",
      purpose: "PRIVATE",
      stackType: "IPV4_ONLY",
    }),
    check: checkSecondaryRanges,
    verbs: {
      expandIpCidrRange: (resource, { ipCidrRange }) => {
        const [from, to] = [resource["ipCidrRange"], ipCidrRange].map(prefixLength);
        if (from !== undefined && to !== undefined && to < from) return { ipCidrRange };
        throw new GoogleError(400, "invalid", `A subnet's range only grows: not ${ipCidrRange}`);
      },
      setPrivateIpGoogleAccess: (_resource, body) => body,
    },
  },
  {
    collection: "compute/projects/{project}/global/firewalls",
    operation: "compute",
    defaults: () => ({ direction: "INGRESS", priority: 1000, disabled: false }),
  },
  {
    collection: "compute/projects/{project}/regions/{region}/routers",
    operation: "compute",
  },
  {
    collection: "compute/projects/{project}/regions/{region}/addresses",
    operation: "compute",
    defaults: (_name, { cloud }) => addressDefaults(cloud.resources.size),
    verbs: { setLabels },
  },
  {
    collection: "compute/projects/{project}/global/addresses",
    operation: "compute",
    defaults: (_name, { cloud }) => addressDefaults(cloud.resources.size),
    verbs: { setLabels },
  },
  {
    collection: "dns/projects/{project}/managedZones",
    defaults: () => ({ visibility: "public", cloudLoggingConfig: {} }),
    // A public zone has no list of networks, not even an empty one.
    computed: () => ({
      id: "1",
      nameServers: ["a", "b", "c", "d"].map((letter) => `ns-cloud-${letter}1.example.`),
      privateVisibilityConfig: undefined,
    }),
  },
  {
    collection: "kms/projects/{project}/locations/{location}/keyRings",
    nameParameter: "keyRingId",
    permanent: true,
  },
  {
    collection: "kms/projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys",
    nameParameter: "cryptoKeyId",
    permanent: true,
    defaults: () => ({
      purpose: "ENCRYPT_DECRYPT",
      versionTemplate: {
        algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        protectionLevel: "SOFTWARE",
      },
      destroyScheduledDuration: "2592000s",
    }),
  },
  {
    collection: "gkebackup/projects/{project}/locations/{location}/backupPlans",
    nameParameter: "backupPlanId",
    operation: "longrunning",
    computed: () => ({ uid: "1", etag: "1", state: "READY" }),
  },
  {
    collection: "iam/projects/{project}/serviceAccounts",
    wrapped: ["accountId", "serviceAccount"],
    nameSuffix: ({ parts }) => `@${parts["project"]}.iam.gserviceaccount.com`,
    computed: (email, { parts }) => ({
      email,
      uniqueId: "100000000000000000001",
      projectId: parts["project"],
    }),
  },
  {
    collection: "iam/projects/{project}/roles",
    wrapped: ["roleId", "role"],
    defaults: () => ({ stage: "GA", etag: "1" }),
  },
  {
    collection: "billingbudgets/billingAccounts/{account}/budgets",
    computed: () => ({ etag: "1" }),
  },
  {
    collection: "monitoring/projects/{project}/notificationChannels",
    computed: () => ({ verificationStatus: "VERIFIED" }),
  },
];

function prefixLength(range: unknown): number {
  return Number(String(range).split("/")[1]);
}

/** A secondary range that a cluster uses stays as it is. */
function checkSecondaryRanges(resource: Json, body: Json, { cloud, path }: Call): void {
  const [before, after] = [resource, body].map(({ secondaryIpRanges }) =>
    JSON.stringify(secondaryIpRanges ?? []),
  );
  const link = path.slice(path.indexOf("/") + 1);
  const isUsed = [...cloud.resources.values()].some(({ subnetwork }) => subnetwork === link);
  if (body["secondaryIpRanges"] === undefined || before === after || !isUsed) return;
  const text = `Cannot change the secondary ranges of '${link}': a cluster uses them`;
  throw new GoogleError(400, "resourceInUseByAnotherResource", text);
}

function addressDefaults(index: number): Json {
  return {
    address: `198.51.100.${index}`,
    addressType: "EXTERNAL",
    networkTier: "PREMIUM",
    status: "RESERVED",
    labelFingerprint: "fingerprint-1",
  };
}

function routesOf(kind: Kind): Route[] {
  const one = `${kind.collection}/{name}`;
  const told = (call: Call, path: string) =>
    kind.operation === undefined
      ? call.cloud.get(path)
      : startOperation(call, path, kind.operation);
  const change = (call: Call) => {
    kind.check?.(call.cloud.get(call.path), call.body, call);
    call.cloud.resources.set(call.path, changed(call));
    return told(call, call.path);
  };
  const verbs = Object.entries(kind.verbs ?? {}).map(([verb, apply]) =>
    route("POST", `${one}/${verb}`, (call) => {
      const path = call.path.slice(0, call.path.lastIndexOf("/"));
      const resource = call.cloud.get(path);
      call.cloud.resources.set(path, { ...resource, ...apply(resource, call.body) });
      return told(call, path);
    }),
  );
  return [
    route("POST", kind.collection, (call) => told(call, create(kind, call))),
    route("GET", kind.collection, (call) => ({ items: call.cloud.list(call.path) })),
    route("GET", one, (call) => call.cloud.get(call.path)),
    route("PATCH", one, change),
    route("PUT", one, change),
    ...verbs,
    ...(kind.permanent === true ? [] : [route("DELETE", one, (call) => remove(kind, call))]),
  ];
}

function remove(kind: Kind, call: Call): Json {
  call.cloud.delete(call.path);
  return kind.operation === undefined ? {} : startOperation(call, call.path, kind.operation);
}

/** Makes a resource from a request's body, and returns its path. */
function create(kind: Kind, call: Call): string {
  const [nameField = "name", wrapper] = kind.wrapped ?? [];
  const parameter = kind.nameParameter;
  const stem = parameter === undefined ? call.body[nameField] : call.query.get(parameter);
  const name = nameOf(kind, call, stem) + (kind.nameSuffix?.(call) ?? "");
  const path = `${call.path}/${name}`;
  const link = path.slice(path.indexOf("/") + 1);
  const isShort = kind.operation === "compute" || path.startsWith("dns/");
  call.cloud.create(path, {
    ...kind.defaults?.(name, call),
    ...(wrapper === undefined ? call.body : (call.body[wrapper] as Json)),
    name: isShort ? name : link,
    ...(kind.operation === "compute" ? computeFields(call, link) : {}),
    createTime: "2026-01-01T00:00:00Z",
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...kind.computed?.(name, call),
  });
  if (call.operation.error !== undefined) call.cloud.remove(path);
  return path;
}

function computeFields({ cloud, parts }: Call, link: string): Json {
  const { region, project } = parts;
  return {
    id: String(1000 + cloud.creations.size),
    selfLink: `https://www.googleapis.com/compute/v1/${link}`,
    ...(region === undefined ? {} : { region: `projects/${project}/regions/${region}` }),
  };
}

function nameOf(kind: Kind, call: Call, given: unknown): string {
  if (typeof given === "string" && given !== "") return given;
  // Budgets and notification channels are named by Google.
  if (!/budgets|notificationChannels/.test(kind.collection)) {
    throw new GoogleError(400, "required", `${call.path}: a name is missing`);
  }
  return String(1 + call.cloud.list(call.path).length);
}

/** The resource after a PATCH or PUT, with the fields that the mask names, or with those in the body. */
function changed(call: Call): Json {
  const resource = structuredClone(call.cloud.get(call.path));
  const mask = (call.query.get("updateMask") ?? call.body["updateMask"]) as string | null;
  const body = (call.body["serviceAccount"] ?? call.body) as Json;
  if (typeof mask !== "string") {
    return { ...resource, ...withoutNames(body), ...nextFingerprintOf(resource) };
  }
  for (const field of mask.split(",").map((name) => name.split("."))) {
    let [target, source]: [Json, Json | undefined] = [resource, body];
    for (const key of field.slice(0, -1)) {
      target = (target[key] ??= {}) as Json;
      source = source?.[key] as Json | undefined;
    }
    const key = field.at(-1) ?? "";
    if (source?.[key] === undefined) delete target[key];
    else target[key] = source[key];
  }
  return resource;
}

function withoutNames({ name: _name, ...rest }: Json): Json {
  return rest;
}

function nextFingerprintOf({ fingerprint }: Json): Json {
  return fingerprint === undefined ? {} : { fingerprint: nextFingerprint(fingerprint) };
}

function nextFingerprint(fingerprint: unknown): string {
  const count = Number(/\d+$/.exec(String(fingerprint))?.[0] ?? 0);
  return `fingerprint-${count + 1}`;
}

export const kindRoutes: readonly Route[] = [
  route("GET", "{scope+}/operations/{operation}", pollOperation),
  route("GET", "serviceusage/operations/{operation}", pollOperation),
  ...kinds.flatMap(routesOf),
];
