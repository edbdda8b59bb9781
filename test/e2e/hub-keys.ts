/**
 * After a break-in, the hub gets the next generation of its keys: one edit, one bootstrap, one publish. What
 * was stolen is then invalid at every device, and no one has to visit a device.
 *
 * The harness plays systemd's timer of the device, and NetworkManager where `follow-hub` calls nmcli.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiAnswer, mustSay } from "./attacks.ts";
import { inMounts, type EdgeDevice } from "./device.ts";
import { bootstrap, gatewayNamespace } from "./hub.ts";
import { until } from "./processes.ts";
import type { FleetSettings } from "./project.ts";
import { settled, type World } from "./world.ts";

/** The stolen credentials of the hub, as options of curl. */
async function stolenFrom(world: World): Promise<readonly string[]> {
  const folder = join(world.processes.folder, "stolen");
  mkdirSync(folder, { recursive: true });
  const secret = await world
    .hub()
    .plane.get<{ data: Record<string, string> }>("secret", "fleet-client", "-n", "argocd");
  const [certificate, key] = (["tls.crt", "tls.key"] as const).map((name) => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(secret.data[name] ?? "", "base64"), { mode: 0o600 });
    return path;
  });
  return ["--cert", certificate ?? "", "--key", key ?? ""];
}

/** Whether the API server of a device accepts the stolen credentials. The request is made on the device. */
async function thiefIs(
  wanted: "in" | "out",
  device: EdgeDevice,
  stolen: readonly string[],
): Promise<void> {
  const answer = await apiAnswer(device.namespace, "127.0.0.1", stolen);
  mustSay(answer, wanted === "in" ? /"kind": ?"NamespaceList"/ : /Unauthorized/, "");
}

/** @returns when the gateway had its new keys, in milliseconds */
async function raiseGeneration(world: World, settings: FleetSettings): Promise<number> {
  const { plane } = world.hub();
  const gateway = ["gateway", "--namespace", gatewayNamespace];
  const generation = async () =>
    (await plane.get<{ metadata: { generation: number } }>("deployment", ...gateway)).metadata
      .generation;
  const before = await generation();
  world.project.write(settings);
  await world.project.flotilla(["synth"]);
  await bootstrap(world.project, plane, world.hubNamespace);
  await world.publish(settings);
  await until("Argo CD changes the gateway", async () => (await generation()) !== before, 300);
  await plane.kubectl(["rollout", "status", "deployment", ...gateway, "--timeout=300s"]);
  return performance.now();
}

/** Runs what the device's timer runs each minute, until the device has dropped the old keys. */
async function follows(device: EdgeDevice, folder: string): Promise<void> {
  const programs = join(folder, "follow");
  mkdirSync(programs, { recursive: true });
  const disk = join(folder, "disk");
  const keyfile = join(disk, "etc/NetworkManager/system-connections/wg-hub.nmconnection");
  writeFileSync(join(programs, "nmcli"), nmcli(keyfile, programs));
  chmodSync(join(programs, "nmcli"), 0o755);
  const settings = {
    PATH: `${programs}:${process.env["PATH"]}`,
    HUB_TRUSTED: join(disk, "etc/flotilla/hub/trusted.pem"),
    HUB_GATEWAYS: join(disk, "etc/flotilla/hub/gateways"),
    HUB_KEYFILE: keyfile,
    HUB_STAMP: join(programs, "tried"),
  };
  const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const script = join(disk, "usr/local/bin/follow-hub");
  const has = (generation: number) =>
    device.file("/etc/flotilla/hub/trusted.pem").includes(`# hub generation ${generation}\n`);
  await until(
    `${device.name} drops the old keys`,
    async () => {
      await inMounts(device.tunnel, ["env", ...environment, "bash", script]);
      return !has(1) && has(2);
    },
    300,
  );
}

/** What NetworkManager does with the keyfile when it activates the connection. */
function nmcli(keyfile: string, folder: string): string {
  return `#!/bin/bash
set -eu
[ "$*" = "connection up wg-hub" ] || exit 0
value() { sed -n "s/^$1=//p" ${keyfile}; }
for peer in $(wg show wg-hub peers); do wg set wg-hub peer "$peer" remove; done
(umask 077 && value private-key >${folder}/private-key)
wg set wg-hub private-key ${folder}/private-key \\
  peer "$(sed -n 's/^\\[wireguard-peer\\.\\(.*\\)\\]$/\\1/p' ${keyfile})" endpoint "$(value endpoint)" \\
  allowed-ips "$(value allowed-ips | tr -d ';')" persistent-keepalive 25
`;
}

/** The old keys work at every device before, and at none after; then all are in sync again. */
export async function answerBreakIn(world: World, settings: FleetSettings): Promise<number> {
  const devices = settings.devices.map(({ name }) => world.device(name));
  const stolen = await stolenFrom(world);
  for (const device of devices) await thiefIs("in", device, stolen);
  const readyAt = await raiseGeneration(world, settings);
  for (const device of devices) {
    await follows(device, join(world.processes.folder, device.name));
    await until(
      `the stolen credentials are refused at ${device.name}`,
      async () => {
        await thiefIs("out", device, stolen);
        return true;
      },
      300,
    );
  }
  await settled(
    world.hub(),
    devices.map(({ name }) => name),
    300,
  );
  return (performance.now() - readyAt) / 1_000;
}
