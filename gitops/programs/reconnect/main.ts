/**
 * The program that has Argo CD look at a device the moment it is back.
 *
 * Argo CD compares an application again when Git changes, when the cluster changes, or after
 * `timeout.reconciliation`. Of a device that was away it learns neither, so it would keep for ten
 * minutes what it knew last (measured: 93 of 100 after 202 s; all after 21 s when asked). The
 * annotation asks it at once: argo-cd.readthedocs.io, "argocd.argoproj.io/refresh".
 */
import { setTimeout as sleep } from "node:timers/promises";
import { argoNamespace } from "../../../fleet/model/contract.ts";
import { change, hubAccess, isDone, listAll, withHub } from "../shared/api-server.ts";
import type { ApiServer } from "../shared/api-server.ts";
import { exchange, reasonOf } from "../shared/exchange.ts";
import { FailureLog } from "../shared/failure-log.ts";
import { exitOnUncaught, logError, logOut } from "../shared/log.ts";
import { Reconnect, type Application, type Applications } from "./reconnect.ts";

const { GATEWAYS = "", LOOK_SECONDS = "2" } = process.env;
const hub = hubAccess(process.env);
/** Thousands of applications are asked one after the other. */
const hubSecondsMax = 300;
const path = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications`;

async function metrics(gateway: string): Promise<string> {
  const signal = AbortSignal.timeout(5000);
  const { status, body } = await exchange(`${gateway}/metrics`, { signal });
  if (status !== 200) throw new Error(`status ${status}`);
  return body.toString();
}

function applicationsOf(server: ApiServer): Applications {
  return {
    all: () => listAll<Application>(server, path, { limit: 500 }),
    refresh: async (name) => {
      const annotations = { "argocd.argoproj.io/refresh": "normal" };
      const status = await change(server, `${path}/${name}`, {
        method: "PATCH",
        contentType: "application/merge-patch+json",
        content: { metadata: { annotations } },
      });
      if (!isDone(status)) throw new Error(`PATCH ${path}/${name}: ${status}`);
    },
  };
}

const failures = new FailureLog({
  write: logError,
  now: () => performance.now() / 1000,
});
const reconnect = new Reconnect({
  gateways: GATEWAYS.split(" ").filter(Boolean),
  metrics,
  failures,
  log: logOut,
  now: () => Date.now() / 1000,
});

exitOnUncaught();
process.on("SIGTERM", () => process.exit(0));
for (;;) {
  try {
    if (await reconnect.lookAtGateways()) {
      await withHub(hub, hubSecondsMax, (server) =>
        reconnect.lookAtApplications(applicationsOf(server)),
      );
      failures.worked("the hub");
    }
  } catch (error) {
    failures.failed("the hub", reasonOf(error));
  }
  await sleep(Number(LOOK_SECONDS) * 1000);
}
