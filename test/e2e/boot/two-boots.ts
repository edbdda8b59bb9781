/** The case without disturbances: a device installs itself, boots twice, and joins the fleet. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, until } from "../processes.ts";
import { timed, type Row } from "../rows.ts";
import { applications } from "../world.ts";
import { deviceName, type Fixture } from "./fixture.ts";
import type { Machine, StartOptions } from "./machine.ts";

/** Long limits: the machine shares its processor, and runs without hardware acceleration. */
export const bootSeconds = 2_400;

export async function twoBoots(fixture: Fixture): Promise<readonly Row[]> {
  const device = await fixture.installed("two-boots", { withApi: true });
  const first = await timed(async () => {
    await device.start();
    await firstBootEnds(device);
  });
  const second = await timed(async () => {
    await device.start();
    await k3sIsUp(device);
  });
  const rows = [
    { what: "first boot: Ignition, network, time, layering, restart", seconds: first },
    { what: "second boot until K3s is up", seconds: second },
    ...(await phases(device)),
    ...(await healthy(device, fixture)),
    ...(await reached(device, fixture)),
  ];
  await device.run("systemctl --no-block poweroff");
  await device.ended(300);
  return rows;
}

export async function firstBootEnds(device: Machine): Promise<void> {
  await device.shows("step 2 of 2: restarting once", bootSeconds);
  await device.ended(bootSeconds);
}

/** Both boots of an installed device, until K3s is up. */
export async function setUp(device: Machine, options: StartOptions = {}): Promise<void> {
  await device.start(options);
  await firstBootEnds(device);
  await device.start(options);
  await k3sIsUp(device);
}

export async function k3sIsUp(device: Machine): Promise<void> {
  await device.until("K3s is up", "systemctl is-active k3s.service", bootSeconds);
  await device.until(
    "every job of the boot is done",
    `[ -z "$(systemctl list-jobs --no-legend)" ]`,
    bootSeconds,
  );
}

/** When units became active, in the first boot and in the second. */
async function phases(device: Machine): Promise<readonly Row[]> {
  const units = [
    ["flotilla-firewall.service", "the firewall is loaded"],
    ["network-online.target", "the network is there"],
    ["time-sync.target", "the clock is right"],
    ["k3s.service", "K3s is up"],
  ] as const;
  const rows: Row[] = [];
  for (const [unit, what] of units) {
    const since = await device.run(
      `systemctl show --value --property ActiveEnterTimestampMonotonic ${unit}`,
    );
    rows.push({ what: `after the second start: ${what}`, seconds: Number(since) / 1e6 });
  }
  return rows;
}

/**
 * What systemd reports about the boot and Flotilla's units.
 *
 * @param allowed units that may fail
 * @throws Error if it reports a problem
 */
export async function healthy(
  device: Machine,
  { world, ignition }: Pick<Fixture, "world" | "ignition">,
  allowed: readonly string[] = [],
): Promise<readonly Row[]> {
  const listed = await device.run("systemctl list-units --failed --plain --no-legend");
  const failed = listed
    .split("\n")
    .filter((line) => line !== "" && !allowed.includes(line.split(" ")[0] ?? ""));
  if (failed.length > 0) {
    const units = failed.map((line) => `--unit ${line.split(" ")[0]}`).join(" ");
    const why = await device.run(`journalctl --boot --no-pager ${units}`);
    throw new Error(`${device.name}: failed units:\n${failed.join("\n")}\n${why}`);
  }
  const cycles = await device.run(
    "journalctl --no-pager --output cat | grep -iE 'ordering cycle|deadlock' || true",
  );
  if (cycles.trim() !== "") throw new Error(`${device.name}: ${cycles}`);
  const inotify = (await device.run("cat /proc/sys/fs/inotify/max_user_instances")).trim();
  if (inotify !== "8192") throw new Error(`${device.name}: ${inotify} inotify instances for root`);
  const own = unitsOf(ignition).map((unit) => `/etc/systemd/system/${unit}`);
  const verified = await device.run(`systemd-analyze verify --man=no ${own.join(" ")} 2>&1`);
  if (verified.trim() !== "") throw new Error(`systemd-analyze verify says:\n${verified}`);
  const services = unitsOf(ignition).filter((unit) => unit.endsWith(".service"));
  const record = await device.run(
    `systemd-analyze; systemd-analyze critical-chain k3s.service --no-pager
     systemd-analyze blame --no-pager; systemd-analyze security --no-pager ${services.join(" ")} || true
     journalctl --no-pager --output short-monotonic`,
  );
  const place = join(world.processes.folder, `${device.name}-systemd.log`);
  writeFileSync(place, record);
  return [
    { what: `no failed unit, no ordering cycle; systemd-analyze verify: ${own.length} units` },
    { what: "inotify instances that root may have", note: inotify },
    { what: "systemd-analyze critical-chain, blame, security; the journal", note: place },
  ];
}

/** Flotilla's units, without drop-ins for other units. */
function unitsOf(ignition: string): string[] {
  const { systemd } = JSON.parse(ignition) as {
    readonly systemd: { readonly units: readonly { name: string; contents?: string }[] };
  };
  return systemd.units.filter(({ contents }) => contents !== undefined).map(({ name }) => name);
}

/** The hub reaches the device through the tunnel; the shop's own network does not. */
async function reached(device: Machine, { world, shop }: Fixture): Promise<readonly Row[]> {
  const address = (
    await device.run(`ip -4 -json address show dev "$(ip -json route show default |
      jq -r 'sort_by(.metric)[0].dev')" | jq -r '.[0].addr_info[0].local'`)
  ).trim();
  const fromShop = await run(
    ["bash", "--norc", "-c", `curl -sk --max-time 10 https://${address}:6443/ || echo $?`],
    { namespace: shop.namespace },
  );
  if (fromShop.trim() !== "7") throw new Error(`6443 is open to the shop: ${fromShop}`);
  const hub = world.hub();
  const registered = await timed(() =>
    until(
      "Argo CD applies the workloads",
      async () => {
        const all = await applications(hub, deviceName);
        return all.length > 0 && all.every(({ status }) => status?.sync?.status === "Synced");
      },
      1_800,
    ),
  );
  return [
    { what: "the shop's network is refused at port 6443" },
    { what: "Argo CD registers the device and syncs its workloads", seconds: registered },
  ];
}
