/** The project itself, and which APIs are enabled in it. */
import { route, startOperation } from "./call.ts";
import type { Call, Route } from "./call.ts";
import type { Json } from "./cloud.ts";

function enable(call: Call, services: readonly string[]): Json {
  const { cloud, parts } = call;
  for (const service of services) {
    const path = `serviceusage/projects/${parts["project"]}/services/${service}`;
    if (!cloud.resources.has(path)) cloud.create(path, { name: path.slice(13), state: "ENABLED" });
  }
  return startOperation(call, `serviceusage/services/${services.join(",")}`, "longrunning");
}

const services = "serviceusage/projects/{project}/services";

export const serviceRoutes: readonly Route[] = [
  route("GET", "cloudresourcemanager/projects/{project}", ({ cloud, path }) => cloud.get(path)),
  route("GET", "cloudbilling/projects/{project}/billingInfo", ({ parts }) => ({
    name: `projects/${parts["project"]}/billingInfo`,
    projectId: parts["project"],
    billingAccountName: "billingAccounts/012345-6789AB-CDEF01",
    billingEnabled: true,
  })),
  route("GET", services, ({ cloud, path }) => ({ services: cloud.list(path) })),
  route("POST", `${services}:batchEnable`, (call) =>
    enable(call, call.body["serviceIds"] as string[]),
  ),
  route("POST", `${services}/{service}:enable`, (call) =>
    enable(call, [call.parts["service"] ?? ""]),
  ),
];
