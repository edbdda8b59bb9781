/** After a break-in at the hub: which devices dropped its old keys, as `flotilla status` shows it. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StatusReport } from "../../../../cli/hub/status/status.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";
import { fakeHub } from "../fake-kubectl.ts";
import { playHub } from "./status-sample.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const deploymentPath = "/apis/apps/v1/namespaces/flotilla-gateway/deployments/gateway";

const deployment = (secretName: string, updatedReplicas = 1) => ({
  metadata: { generation: 7 },
  spec: { template: { spec: { volumes: [{ name: "peers" }, { secret: { secretName } }] } } },
  status: { observedGeneration: 7, updatedReplicas },
});

/** @param gateway its Deployment; without one it can't be read */
async function status(generation: number, gateway: object | undefined, ...args: string[]) {
  const folder = temporaryFolder();
  const file = join(folder, "fleet.yaml");
  copyFileSync(join(root, "fleet.yaml"), file);
  const text = readFileSync(file, "utf8");
  if (generation > 1) writeFileSync(file, `${text}\nhub:\n  generation: ${generation}\n`);
  const { fleet } = loadFleet(file);
  const hub = fakeHub("hub");
  playHub(hub, fleet, Math.floor(Date.now() / 1000), {
    "roaster-2": { ageSeconds: null },
    "store-0019": { ageSeconds: 12 * 24 * 3600 },
  });
  if (gateway !== undefined) hub.answer(deploymentPath, JSON.stringify(gateway));
  const words = ["roaster-2", "store-0019", "store-0001", ...args];
  return { ...(await flotilla(folder, ["status", ...words], hub.environment)), hub };
}

test("a device that has shaken hands with the new keys dropped the old ones, another one perhaps not", async () => {
  const { code, out, err } = await status(2, deployment("gateway-keys-g2"));
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^roaster-2 .* never, old keys\? /m);
  expect(out).toMatch(/^store-0019 .* away 12 d /m);
  expect(out.trimEnd().split("\n").slice(-2)).toEqual([
    "Hub keys of generation 2: 2 devices dropped older ones",
    "Not seen since the gateway started, may still trust older keys: roaster-2",
  ]);
  const json = await status(2, deployment("gateway-keys-g2"), "--json");
  const { hubKeys, devices } = JSON.parse(json.out) as StatusReport;
  expect(hubKeys).toEqual({
    generation: 2,
    gatewaysBehind: [],
    devices: { new: ["store-0001", "store-0019"], old: ["roaster-2"], direct: [], unknown: [] },
  });
  expect(devices.map((each) => each.hubKeys)).toEqual(["old", "new", "new"]);
});

test.each([
  ["has the keys of the generation before", 3, deployment("gateway-keys-g2")],
  ["has the first keys", 2, deployment("gateway-keys")],
  ["is replaced", 2, deployment("gateway-keys-g2", 0)],
])("a handshake with a gateway that %s proves nothing", async (_, generation, gateway) => {
  const { out } = await status(generation, gateway);
  expect(out).toContain(
    `Hub keys: gateway does not run with generation ${generation} yet. ` +
      "Run flotilla bootstrap, then flotilla publish",
  );
  expect(out).not.toContain("dropped older");
});

test("what can't be read is not known", async () => {
  const { out, err } = await status(2, undefined);
  expect(out).toContain("Not known: ");
  expect(out).toContain("generation 2: 0 devices");
  expect(err).toContain("the keys of gateway: ");
});

test("in the first generation nothing is asked or said of it", async () => {
  const { out, err, hub } = await status(1, undefined);
  expect(err).toBe("");
  expect(out).not.toContain("keys");
  expect(hub.calls().flatMap(({ args }) => args)).not.toContain(deploymentPath);
});
