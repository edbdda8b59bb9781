/**
 * Runs every few minutes. While `reconnect` works, as its Lease says, it does nothing. While it does not,
 * nobody sees which devices are back, so Argo CD must skip none of them: the annotation is taken away,
 * and Argo CD compares their Applications.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { deviceLabel } from "../../../fleet/model/contract.ts";
import { applicationsOf, devicesOf } from "../reconnect/applications.ts";
import { isLeaseHeld } from "../reconnect/lease.ts";
import { registrationsOf } from "../reconnect/registrations.ts";
import { releaseEach } from "../reconnect/release.ts";
import { refreshAnnotation } from "../reconnect/reconnect.ts";
import { hubAccess, withHub, type ApiServer } from "../shared/api-server.ts";
import { exitOnUncaught, logError, logOut } from "../shared/log.ts";

const hubSecondsMax = 200;

async function releaseAll(server: ApiServer): Promise<void> {
  const applications = applicationsOf(server);
  const results = await releaseEach(await devicesOf(applications), registrationsOf(server));
  const released = new Set(
    [...results].flatMap(([name, result]) => (result === "released" ? name : [])),
  );
  logOut(`reconnect does not work: Argo CD skips no device (released: ${released.size})`);
  // Argo CD's controller learns of the changed registrations by a watch.
  await sleep(1000);
  const failures = [...results.values()].filter((result) => result instanceof Error);
  for await (const { metadata } of applications.all()) {
    const { name, labels = {}, annotations = {} } = metadata;
    if (!released.has(labels[deviceLabel] ?? "")) continue;
    const isPending = refreshAnnotation in annotations;
    await applications.refresh(name, isPending).catch((error: Error) => failures.push(error));
  }
  if (failures[0] !== undefined) throw failures[0];
}

exitOnUncaught();
await withHub(hubAccess(process.env), hubSecondsMax, async (server) => {
  if (!(await isLeaseHeld(server, Date.now() / 1000))) await releaseAll(server);
}).catch((error: unknown) => {
  logError(String(error));
  process.exitCode = 1;
});
