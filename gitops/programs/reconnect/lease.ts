/** The Lease by which the fallback and an alert know whether `reconnect` works. */
import {
  argoNamespace,
  reconnectLease,
  reconnectLeaseSeconds,
} from "../../../fleet/model/contract.ts";
import { readObject, requireChange, type ApiServer } from "../shared/api-server.ts";
import { fieldsOf } from "../shared/json.ts";

const path = `/apis/coordination.k8s.io/v1/namespaces/${argoNamespace}/leases/${reconnectLease}`;

/** @param now seconds since 1970 */
export async function renewLease(server: ApiServer, now: number): Promise<void> {
  const renewTime = new Date(now * 1000).toISOString().replace("Z", "000Z");
  await requireChange(server, `${path}?fieldManager=reconnect&force=true`, {
    method: "PATCH",
    // Server-side apply makes the Lease if it is missing. JSON is YAML.
    contentType: "application/apply-patch+yaml",
    content: {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: reconnectLease },
      spec: { leaseDurationSeconds: reconnectLeaseSeconds, renewTime },
    },
  });
}

/** Whether `reconnect` has worked in the last minutes. A time in the far future says nothing. */
export async function isLeaseHeld(server: ApiServer, now: number): Promise<boolean> {
  const renewTime = fieldsOf(fieldsOf(await readObject(server, path))?.["spec"])?.["renewTime"];
  const seconds = Date.parse(String(renewTime)) / 1000;
  return Math.abs(now - seconds) <= reconnectLeaseSeconds;
}
