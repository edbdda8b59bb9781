/**
 * The program that has Argo CD look at a device the moment it is back, and skip it while it is away.
 *
 * Argo CD compares an application again when Git changes, when the cluster changes, or after
 * `timeout.reconciliation`. Of a device that was away it learns neither, so it would keep for ten
 * minutes what it knew last (measured: 93 of 100 after 202 s; all after 21 s when asked). The
 * annotation asks it at once: argo-cd.readthedocs.io, "argocd.argoproj.io/refresh".
 *
 * While it works it renews a Lease. If it does not, gitops/programs/reconnect-fallback/ takes over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { reconnectLeaseSeconds } from "../../../fleet/model/contract.ts";
import { hubAccess, withHub, type ApiServer } from "../shared/api-server.ts";
import { exchange, reasonOf } from "../shared/exchange.ts";
import { FailureLog } from "../shared/failure-log.ts";
import { exitOnUncaught, logError, logOut } from "../shared/log.ts";
import { applicationsOf, devicesOf } from "./applications.ts";
import { Gateways } from "./gateways.ts";
import { renewLease } from "./lease.ts";
import { Reconnect } from "./reconnect.ts";
import { registrationsOf } from "./registrations.ts";
import { Skipping } from "./skipping.ts";

const { GATEWAYS = "", LOOK_SECONDS = "2", SILENT_SECONDS = "300" } = process.env;
const hub = hubAccess(process.env);
/** Thousands of applications are asked one after the other. */
const hubSecondsMax = 300;
const renewSeconds = 30;
/** Argo CD's controller learns of a changed registration by a watch. */
const settleSeconds = 0.5;

async function metrics(gateway: string): Promise<string> {
  const signal = AbortSignal.timeout(5000);
  const { status, body } = await exchange(`${gateway}/metrics`, { signal });
  if (status !== 200) throw new Error(`status ${status}`);
  return body.toString();
}

const now = () => Date.now() / 1000;
const failures = new FailureLog({ write: logError, now: () => performance.now() / 1000 });
const gateways = new Gateways({
  gateways: GATEWAYS.split(" ").filter(Boolean),
  metrics,
  failures,
  now,
});
const reconnect = new Reconnect({ log: logOut, now });
const skipping = new Skipping({ silentSeconds: Number(SILENT_SECONDS), log: logOut, now });
let renewedAt = -Infinity;

async function turn(): Promise<void> {
  await gateways.look();
  const { views } = gateways;
  const age = now() - renewedAt;
  if (age > reconnectLeaseSeconds) skipping.forget();
  const isBack = reconnect.notice(views);
  const isDue = skipping.isDue(views);
  if (isBack || isDue || age >= renewSeconds) {
    await withHub(hub, hubSecondsMax, (server) => changeHub(server, isBack, isDue));
  }
}

async function changeHub(server: ApiServer, isBack: boolean, isDue: boolean): Promise<void> {
  const applications = applicationsOf(server);
  const all = () => devicesOf(applications);
  const { released = [], failure = undefined } = isDue
    ? await skipping.adjust(gateways.views, registrationsOf(server), all)
    : {};
  reconnect.noticeBack(released);
  if (released.length > 0) await sleep(settleSeconds * 1000);
  if (isBack || released.length > 0) await reconnect.lookAtApplications(applications);
  // Before a failure ends this: one registration that cannot be changed does not stop the others. Without the
  // Lease everything would be forgotten at each turn, and every device released again.
  if (now() - renewedAt >= renewSeconds) {
    await renewLease(server, now());
    renewedAt = now();
  }
  if (failure !== undefined) throw failure;
  failures.worked("the hub");
}

exitOnUncaught();
process.on("SIGTERM", () => process.exit(0));
for (;;) {
  await turn().catch((error: unknown) => failures.failed("the hub", reasonOf(error)));
  await sleep(Number(LOOK_SECONDS) * 1000);
}
