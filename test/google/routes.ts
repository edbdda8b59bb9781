/** Everything that the emulated cloud answers, in the order in which it is tried. */
import { route } from "./call.ts";
import type { Route } from "./call.ts";
import { GoogleError } from "./cloud.ts";
import type { Json } from "./cloud.ts";
import { containerRoutes } from "./container.ts";
import { kindRoutes } from "./kinds.ts";
import { serviceRoutes } from "./services.ts";

/** The IAM policy of anything that has one: read, then written back as a whole with its etag. */
const policyRoutes: readonly Route[] = ["GET", "POST"].flatMap((method) => [
  route(method, "{resource+}[:/]getIamPolicy", ({ cloud, parts }) => {
    cloud.get(parts["resource"] ?? "");
    return cloud.policies.get(parts["resource"] ?? "") ?? { version: 1, etag: "etag-0" };
  }),
  route(method, "{resource+}[:/]setIamPolicy", ({ cloud, parts, body }) => {
    const resource = parts["resource"] ?? "";
    cloud.get(resource);
    const found = String(cloud.policies.get(resource)?.["etag"] ?? "etag-0");
    const policy = body["policy"] as Json;
    if (policy["etag"] !== undefined && policy["etag"] !== found) {
      throw new GoogleError(409, "aborted", "There were concurrent policy changes");
    }
    cloud.policies.set(resource, { ...policy, etag: `etag-${Number(found.slice(5)) + 1}` });
    return cloud.policies.get(resource) ?? {};
  }),
]);

/** Record sets change in transactions: what is deleted must be there, what is added must not. */
const zone = "dns/projects/{project}/managedZones/{zone}";
const recordRoutes: readonly Route[] = [
  route("GET", `${zone}/rrsets`, ({ cloud, path, query }) => ({
    rrsets: cloud
      .list(path)
      .filter((record) => (query.get("name") ?? record["name"]) === record["name"])
      .filter((record) => (query.get("type") ?? record["type"]) === record["type"]),
  })),
  route("POST", `${zone}/changes`, ({ cloud, path, body }) => {
    const records = path.replace(/changes$/, "rrsets");
    const key = ({ name, type }: Json) => `${records}/${String(name)} ${String(type)}`;
    for (const record of (body["deletions"] ?? []) as Json[]) cloud.delete(key(record));
    for (const record of (body["additions"] ?? []) as Json[]) cloud.create(key(record), record);
    return { ...body, id: "1", status: "done" };
  }),
  route("GET", `${zone}/changes/{change}`, () => ({ id: "1", status: "done" })),
];

/** A key's versions end with the key; the key itself stays for ever. */
const key = "kms/projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}";
const keyRoutes: readonly Route[] = [
  route("GET", `${key}/cryptoKeyVersions`, ({ cloud, path }) => {
    const name = path.replace(/^kms\//, "");
    const found = cloud.get(path.replace(/\/cryptoKeyVersions$/, ""));
    const state = found["destroyed"] === true ? "DESTROY_SCHEDULED" : "ENABLED";
    return { cryptoKeyVersions: [{ name: `${name}/1`, state }] };
  }),
  route("POST", `${key}/cryptoKeyVersions/{version}:destroy`, ({ cloud, path }) => {
    cloud.get(path.replace(/\/cryptoKeyVersions\/.*/, ""))["destroyed"] = true;
    return {};
  }),
];

/** APIs that must be enabled in a project before they answer, by product. */
const services: Readonly<Record<string, string>> = {
  billingbudgets: "billingbudgets",
  cloudbilling: "cloudbilling",
  cloudresourcemanager: "cloudresourcemanager",
  compute: "compute",
  container: "container",
  dns: "dns",
  gkebackup: "gkebackup",
  iam: "iam",
  kms: "cloudkms",
  monitoring: "monitoring",
};

/** Refuses what Google refuses where the API isn't enabled yet. */
export function checkEnabled(enabled: (service: string) => boolean, path: string): void {
  const service = services[path.slice(0, path.indexOf("/"))];
  if (service === undefined || enabled(`${service}.googleapis.com`)) return;
  throw serviceDisabled(service);
}

/** What Google answers where an API is not enabled. */
export function serviceDisabled(service: string): GoogleError {
  const text =
    `${service} API has not been used in project 123456789012 before or it is disabled.` +
    " Enable it, then retry.";
  return new GoogleError(403, "accessNotConfigured", text, [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "SERVICE_DISABLED",
      domain: "googleapis.com",
      metadata: { service: `${service}.googleapis.com` },
    },
  ]);
}

export const routes: readonly Route[] = [
  ...policyRoutes,
  ...serviceRoutes,
  ...containerRoutes,
  ...recordRoutes,
  ...keyRoutes,
  ...kindRoutes,
];
