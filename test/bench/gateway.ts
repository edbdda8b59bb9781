/** What the gateway takes for 2,000 devices, with the real wg, wireguard-go, nft and Squid. */
import { readFileSync } from "node:fs";
import { fleetOf, synthesized, whyNot } from "../gitops/gateway/fleets.ts";
import { Lab, until } from "../gitops/gateway/lab.ts";
import { goal, row } from "./row.ts";

const peers = 2_000;
const talking = 4;
const pings = 1_000;

export async function gatewayBench(): Promise<void> {
  const reason = whyNot();
  if (reason !== undefined) {
    console.log(`SKIPPED: the gateway; ${reason}`);
    return;
  }
  const fleet = fleetOf(peers);
  const lab = new Lab(fleet);
  try {
    lab.setPeers("");
    lab.startTunnel();
    lab.startProxy();
    await until(() => lab.checks());
    lab.setPeers(synthesized(fleet).peers);
    const applied = await until(() => lab.handshakes().size === peers, 30);
    row(`gateway, the list of ${peers.toLocaleString("en")} peers applied, from its change on`, {
      wall: `${applied.toFixed(2)} s`,
    });
    goal(`gateway, a list of ${peers.toLocaleString("en")} peers applied`, applied, {
      most: 2,
      unit: "s",
    });
    const devices = fleet.devices.slice(0, talking);
    for (const { name } of devices) await lab.addDevice(name);
    const present = await until(() => lab.routes().length === talking, 30);
    row("  a device's first handshake until the hub reaches it", {
      wall: `at most ${present.toFixed(2)} s`,
    });
    const absent = lab.ask("pod", "100.64.1.1:6443");
    row("  an absent device", {
      answer: String(absent.status),
      wall: `${absent.ms.toFixed(0)} ms`,
    });
    await changes(lab);
    await idle(lab);
  } finally {
    lab.remove();
  }
}

/** One more peer, one less, thirty more, while the others are pinged a hundred times a second. */
async function changes(lab: Lab): Promise<void> {
  const lists = [peers + 1, peers, peers + 30].map((count) => ({
    count,
    text: synthesized(fleetOf(count)).peers,
  }));
  const running = Array.from({ length: talking }, (_, index) =>
    lab.ping(`100.64.0.${index + 2}`, pings),
  );
  for (const { count, text } of lists) {
    await pause(2);
    lab.setPeers(text);
    await until(() => lab.handshakes().size === count);
  }
  const results = await Promise.all(running);
  const sum = (of: (result: { sent: number; lost: number }) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const lost = sum((result) => result.lost);
  row(`  1 peer more, 1 less, 30 more, with ${talking} devices pinged meanwhile`, {
    "packets lost": `${lost} of ${sum(({ sent }) => sent)}`,
  });
  goal("gateway, peers change: packets of others lost", lost, { most: 0, unit: "" });
}

async function idle(lab: Lab): Promise<void> {
  const script = lab.pid("hub", lab.scriptCommand().join(" "));
  const wireguard = lab.pid("hub", `wireguard-go ${lab.interface}`);
  const before = [cpuSeconds(script), cpuSeconds(wireguard)] as const;
  const seconds = 10;
  await pause(seconds);
  const share = (now: number, then: number) => `${((100 * (now - then)) / seconds).toFixed(1)} %`;
  row(`  at rest, ${peers.toLocaleString("en")} peers`, {
    "script's CPU": share(cpuSeconds(script), before[0]),
    "wireguard-go's CPU": share(cpuSeconds(wireguard), before[1]),
    "wireguard-go's memory": `${residentMebibytes(wireguard).toFixed(0)} MiB`,
  });
  const squid = lab.pid("hub", `${lab.folder}/squid.conf`);
  row("  Squid, before the first connection", {
    memory: `${residentMebibytes(squid).toFixed(0)} MiB`,
  });
}

/** User and system time of a process and of its children that have ended (proc(5), stat). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / 100;
}

function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
