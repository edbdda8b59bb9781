/** The power is cut where it can damage an installation most; the device recovers each time. */
import { setTimeout as sleep } from "node:timers/promises";
import { timed, type Row } from "../rows.ts";
import type { Fixture } from "./fixture.ts";
import type { Machine } from "./machine.ts";
import { bootSeconds, healthy, k3sIsUp } from "./two-boots.ts";

/** One machine goes through all cuts in turn, so each one starts with what the earlier ones left. */
const cuts = [
  { when: "while Ignition writes files", shown: "init: Ignition made the users", after: 0 },
  { when: "before Ignition is marked as done", shown: "init: Ignition ended", after: 4 },
  { when: "while the policy is layered", shown: "step 1 of 2", after: 3 },
  { when: "while it restarts, before the layer is kept", shown: "step 2 of 2", after: 0 },
  { when: "as the stamp is written", shown: "Starting K3s.", after: 0 },
  { when: "while K3s starts", shown: "Starting K3s.", after: 3 },
] as const;

export async function powerCuts(fixture: Fixture): Promise<readonly Row[]> {
  const device = await fixture.installed("power-cuts");
  const rows: Row[] = [];
  for (const { when, shown, after } of cuts) {
    const seconds = await timed(async () => {
      await startUntil(device, shown);
      await sleep(after * 1_000);
      await device.cutPower();
    });
    rows.push({ what: `power cut ${when}`, seconds });
  }
  const seconds = await timed(async () => {
    await startUntil(device, "K3s is up.");
    await k3sIsUp(device);
  });
  rows.push({ what: "then, untouched: K3s is up", seconds });
  rows.push(...(await healthy(device, fixture)));
  await device.cutPower();
  return rows;
}

/** A power cut may lose the layered packages: then they are layered again, and the machine restarts again. */
async function startUntil(device: Machine, shown: string): Promise<void> {
  await device.start();
  if (!(await device.restarts(shown, bootSeconds))) return;
  await device.start();
  await device.shows(shown, bootSeconds);
}
