/** Clusters and node pools of GKE, with what GKE fills in and the many ways to change them. */
import { route, startOperation } from "./call.ts";
import type { Call, Route } from "./call.ts";
import { GoogleError } from "./cloud.ts";
import type { Json } from "./cloud.ts";
import { clusterDefaults, poolDefaults } from "./container-defaults.ts";

const cluster = "container/projects/{project}/locations/{location}/clusters/{cluster}";
const pool = `${cluster}/nodePools/{pool}`;

function createCluster(call: Call): Json {
  const given = call.body["cluster"] as Json;
  const path = `${call.path}/${String(given["name"])}`;
  const { nodePools, nodeConfig, ...rest } = given;
  const resource = merge(clusterDefaults(given, call.parts["location"] ?? ""), rest);
  const failed = call.operation.error !== undefined;
  call.cloud.create(path, { ...resource, status: failed ? "ERROR" : "RUNNING" });
  const pools = (nodePools ?? [
    { name: "default-pool", config: nodeConfig, initialNodeCount: given["initialNodeCount"] },
  ]) as Json[];
  for (const each of pools) addPool(call, path, each);
  return startOperation(call, path, "container");
}

function createPool(call: Call): Json {
  const given = call.body["nodePool"] as Json;
  const path = addPool(call, call.path.replace(/\/nodePools$/, ""), given);
  return startOperation(call, path, "container");
}

function addPool(call: Call, clusterPath: string, given: Json): string {
  const parent = call.cloud.get(clusterPath);
  const path = `${clusterPath}/nodePools/${String(given["name"])}`;
  const failed = call.operation.error !== undefined;
  const defaults = poolDefaults(given, parent, call.parts["project"] ?? "");
  call.cloud.create(path, { ...merge(defaults, given), status: failed ? "ERROR" : "RUNNING" });
  return path;
}

function getCluster({ cloud, path }: Call): Json {
  return { ...cloud.get(path), nodePools: cloud.list(`${path}/nodePools`) };
}

/** Where a change of a cluster goes that isn't at the field of the same name. */
const clusterFields: Readonly<Record<string, string>> = {
  clusterAutoscaling: "autoscaling",
  databaseEncryption: "databaseEncryption",
  defaultEnablePrivateNodes: "networkConfig.defaultEnablePrivateNodes",
  defaultSnatStatus: "networkConfig.defaultSnatStatus",
  dnsConfig: "networkConfig.dnsConfig",
  gatewayApiConfig: "networkConfig.gatewayApiConfig",
  intraNodeVisibilityConfig: "networkConfig.enableIntraNodeVisibility",
  masterVersion: "currentMasterVersion",
};

/** What of those is a block `{ enabled }` in the change and a flag in the cluster. */
const flags: ReadonlySet<string> = new Set(["intraNodeVisibilityConfig"]);

function updateCluster(call: Call): Json {
  const resource = structuredClone(call.cloud.get(call.path));
  const { desiredNodePoolId, desiredNodePoolAutoscaling, ...rest } = call.body["update"] as Json;
  if (desiredNodePoolAutoscaling !== undefined) {
    const path = `${call.path}/nodePools/${String(desiredNodePoolId)}`;
    call.cloud.resources.set(path, {
      ...call.cloud.get(path),
      autoscaling: merge({ locationPolicy: "BALANCED" }, desiredNodePoolAutoscaling as Json),
    });
  }
  for (const [name, value] of Object.entries(rest)) {
    const field = name.charAt(7).toLowerCase() + name.slice(8);
    const path = (clusterFields[field] ?? field).split(".");
    const known = clusterFields[field] !== undefined || field in resource;
    if (!name.startsWith("desired") || !known) {
      throw new GoogleError(501, "notImplemented", `The emulator can't change a cluster's ${name}`);
    }
    const target = path.length === 1 ? resource : (resource[path[0] ?? ""] as Json);
    const key = path.at(-1) ?? "";
    if (flags.has(field)) target[key] = (value as Json)["enabled"] ?? false;
    else target[key] = isObject(value) ? merge((target[key] ?? {}) as Json, value) : value;
  }
  call.cloud.resources.set(call.path, resource);
  return startOperation(call, call.path, "container");
}

/** What PUT of a node pool changes within its `config`. */
const configFields: ReadonlySet<string> = new Set(
  (
    "bootDisk diskSizeGb diskType imageType kubeletConfig labels linuxNodeConfig loggingConfig " +
    "machineType resourceLabels resourceManagerTags tags taints workloadMetadataConfig"
  ).split(" "),
);

function updatePool(call: Call): Json {
  const resource = structuredClone(call.cloud.get(call.path));
  const config = resource["config"] as Json;
  for (const [field, value] of Object.entries(call.body)) {
    if (["name", "etag", "clusterId", "projectId", "zone", "nodePoolId"].includes(field)) continue;
    if (field === "nodeVersion") {
      resource["version"] = value;
    } else if (configFields.has(field)) {
      // Labels, taints and tags are in a block of the same name.
      config[field] = isObject(value)
        ? (value[field] ?? (field === "resourceLabels" ? value["labels"] : value))
        : value;
    } else if (field in resource) {
      resource[field] = isObject(value) ? merge(resource[field] as Json, value) : value;
    } else {
      throw new GoogleError(501, "notImplemented", `The emulator can't change a pool's ${field}`);
    }
  }
  call.cloud.resources.set(call.path, resource);
  return startOperation(call, call.path, "container");
}

/** A verb of a cluster or pool, `setResourceLabels`: what it changes. */
function verb(pattern: string, name: string, apply: (body: Json) => Json): Route {
  return route("POST", `${pattern}:${name}`, (call) => {
    const path = call.path.slice(0, call.path.lastIndexOf(":"));
    call.cloud.resources.set(path, { ...call.cloud.get(path), ...apply(call.body) });
    return startOperation(call, path, "container");
  });
}

function remove(call: Call): Json {
  call.cloud.delete(call.path);
  return startOperation(call, call.path, "container");
}

/** Every instance group of a zone: one for each pool that has nodes there. */
function instanceGroups({ cloud, parts }: Call): Json {
  const { project, zone } = parts;
  const prefix = `projects/${project}/zones/${zone}/instanceGroupManagers/`;
  const items = [...cloud.resources]
    .filter(([path]) => path.includes("/nodePools/"))
    .flatMap(([, found]) =>
      (found["instanceGroupUrls"] as string[])
        .filter((url) => url.includes(prefix))
        .map((url) => ({
          name: url.slice(url.lastIndexOf("/") + 1),
          selfLink: url,
          targetSize: found["initialNodeCount"] ?? 0,
          instanceGroup: url.replace("instanceGroupManagers", "instanceGroups"),
        })),
    );
  return { items };
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * The given values over the defaults, block by block. A flag that a given block leaves out is off,
 * as in protocol buffers, whatever it is by default where the block isn't given.
 */
function merge(defaults: Json, given: Json): Json {
  const kept = Object.entries(defaults).filter(([, value]) => typeof value !== "boolean");
  const merged: Json = Object.fromEntries(kept);
  for (const [key, value] of Object.entries(given)) {
    const found = merged[key];
    merged[key] = isObject(found) && isObject(value) ? merge(found, value) : value;
  }
  return merged;
}

export const containerRoutes: readonly Route[] = [
  route("POST", cluster.replace("/{cluster}", ""), createCluster),
  route("GET", cluster, getCluster),
  route("PUT", cluster, updateCluster),
  route("DELETE", cluster, remove),
  verb(cluster, "setResourceLabels", ({ resourceLabels }) => ({ resourceLabels })),
  verb(cluster, "setMaintenancePolicy", ({ maintenancePolicy }) => ({ maintenancePolicy })),
  route("GET", `${cluster}/nodePools`, ({ cloud, path }) => {
    cloud.get(path.replace(/\/nodePools$/, ""));
    return { nodePools: cloud.list(path) };
  }),
  route("POST", `${cluster}/nodePools`, createPool),
  route("GET", pool, ({ cloud, path }) => cloud.get(path)),
  route("PUT", pool, updatePool),
  route("DELETE", pool, remove),
  verb(pool, "setManagement", ({ management }) => ({ management })),
  verb(pool, "setSize", ({ nodeCount }) => ({ initialNodeCount: nodeCount })),
  verb(pool, "setAutoscaling", ({ autoscaling }) => ({ autoscaling })),
  route("GET", "compute/projects/{project}/zones/{zone}/instanceGroupManagers", instanceGroups),
];
