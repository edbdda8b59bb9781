/**
 * The program that takes the workloads' Secrets to the devices. It reads the Secrets on the hub every
 * ten seconds, and the devices every minute.
 *
 * It logs one line a change. Of what went wrong it logs the status alone: the message of an API
 * server may quote what it was sent.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hubAccess, withHub } from "../shared/api-server.ts";
import { reasonOf } from "../shared/exchange.ts";
import { FailureLog } from "../shared/failure-log.ts";
import { exitOnUncaught, logError, logOut } from "../shared/log.ts";
import { deviceAgent, Identity } from "./connection.ts";
import { deliver, deviceLimits } from "./delivery.ts";
import { readDevices, readSecrets, type Device, type Secrets } from "./hub.ts";
import type { CourierSettings } from "./settings.ts";
import { Visits } from "./visits.ts";

const {
  SETTINGS = "/etc/flotilla/settings.json",
  IDENTITY = "/flotilla/tls",
  LOOK_SECONDS = "10",
  DEVICES_SECONDS = "60",
  VISIT_SECONDS = "600",
  RETRY_SECONDS = "5",
} = process.env;
const hub = hubAccess(process.env);
const settings = JSON.parse(readFileSync(SETTINGS, "utf8")) as CourierSettings;
const identity = new Identity(IDENTITY, settings.rootCertificate);
const hubSecondsMax = 60;
const visitSecondsMax = 20;
const now = () => performance.now() / 1000;

let secrets: Secrets = new Map();
/** Workload → a digest of its Secrets on the hub. */
let revisions: ReadonlyMap<string, string> = new Map();
let devicesAt = -Infinity;

function pathsOf(workload: string): string[] {
  return (settings.workloads[workload]?.secrets ?? []).map((name) => `${workload}/${name}`);
}

function revisionOf(workload: string): string {
  const text = JSON.stringify(pathsOf(workload).map((path) => [path, secrets.get(path)]));
  return createHash("sha256").update(text).digest("base64");
}

async function visit(device: Device): Promise<string> {
  const signal = AbortSignal.timeout(visitSecondsMax * 1000);
  const agent = deviceAgent(device, identity, signal);
  try {
    return await deliver({
      server: { url: device.server, agent, signal, limits: deviceLimits },
      declared: device.workloads.flatMap(pathsOf),
      secrets,
      log: (line) => logOut(`${device.name}: ${line}`),
    });
  } catch (error) {
    return signal.aborted ? `no answer in ${visitSecondsMax} s` : reasonOf(error);
  } finally {
    agent.destroy();
  }
}

const visits = new Visits({
  visit,
  revisionOf: ({ workloads }) => workloads.map((name) => revisions.get(name)).join(),
  log: logError,
  now,
  visitSeconds: Number(VISIT_SECONDS),
  retrySeconds: Number(RETRY_SECONDS),
});
const failures = new FailureLog({ write: logError, now });

async function look(): Promise<void> {
  await withHub(hub, hubSecondsMax, async (server) => {
    secrets = await readSecrets(server);
    revisions = new Map(Object.keys(settings.workloads).map((name) => [name, revisionOf(name)]));
    if (now() - devicesAt < Number(DEVICES_SECONDS)) return;
    visits.setDevices(await readDevices(server, settings.workloads));
    devicesAt = now();
  });
  visits.noteRevisions();
}

exitOnUncaught();
process.on("SIGTERM", () => process.exit(0));
for (;;) {
  try {
    await look();
    failures.worked("the hub");
  } catch (error) {
    failures.failed("the hub", reasonOf(error));
  }
  visits.start();
  await sleep(Number(LOOK_SECONDS) * 1000);
}
