/** What can happen to a device in a shop: no network at boot, a late network, a wrong clock, a full disk. */
import { timed, type Row } from "../rows.ts";
import type { Fixture } from "./fixture.ts";
import type { Machine } from "./machine.ts";
import { router } from "./site.ts";
import { bootSeconds, firstBootEnds, healthy, k3sIsUp, setUp } from "./two-boots.ts";

const isDialed = `wg show wg-hub endpoints | grep -q 203.0.113.2:51820`;

/** A command that holds if the kubelet gives pods this name server only. */
const podsAsk = (server: string) =>
  `[ "$(grep ^nameserver /run/flotilla-name-servers/resolv.conf)" = "nameserver ${server}" ]`;

/**
 * The cable is connected late: Ignition waits for its download. Then the device starts without any network,
 * and gets one while it runs.
 */
export async function lateNetwork(fixture: Fixture): Promise<readonly Row[]> {
  const device = await fixture.installed("late-network", { impatient: true });
  await device.start({ cable: false });
  await device.shows("init: Ignition's stage files", bootSeconds);
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  if (device.console().includes("init: Ignition ended")) throw new Error("Ignition did not wait");
  await device.cable(true);
  await firstBootEnds(device);
  await device.start();
  await k3sIsUp(device);
  await device.cutPower();

  const alone = await timed(async () => {
    await device.start({ cable: false });
    await k3sIsUp(device);
  });
  // It waits three minutes for the clock, and then reports a failure.
  const allowed = ["chrony-wait.service", "NetworkManager-wait-online.service"];
  const rows = await healthy(device, fixture, allowed);
  await device.until("pods have no name server of the network", podsAsk("8.8.8.8"), 60);
  await device.cable(true);
  const dialed = await timed(() => device.until("the tunnel is dialed", isDialed, 600));
  // The stand-in for K3s has no API server in this case, so the unit then tries to replace CoreDNS again and again.
  await device.until("pods have the router's name server", podsAsk(router), 60);
  await device.until("the clock is right", "chronyc waitsync 1 0.5 0 1", 600);
  await device.cutPower();
  return [
    { what: "without a network, Ignition waits; with one, the installation goes on" },
    { what: "a start without a network until K3s is up", seconds: alone },
    ...rows,
    { what: "the cable is put in: the gateway's name is resolved and dialed", seconds: dialed },
    { what: "and new pods have the router's name server" },
  ];
}

/** A machine whose battery is empty: every start is in 1980. */
export async function wrongClock(fixture: Fixture): Promise<readonly Row[]> {
  const device = await fixture.installed("wrong-clock");
  const clock = "1980-01-01T00:00:00";
  await setUp(device, { clock });
  const order = await device.run(`
    set -e
    of() { systemctl show --value --property "$1" "$2"; }
    test "$(of ActiveEnterTimestampMonotonic time-sync.target)" -le "$(of ExecMainStartTimestampMonotonic k3s)"
    date +%s
    openssl x509 -noout -checkend 31000000 -in /var/lib/rancher/k3s/server/tls/serving-kube-apiserver.crt`);
  const behind = Math.abs(Number(order.split("\n")[0]) - Date.now() / 1_000);
  if (behind > 120) throw new Error(`the clock is wrong by ${behind} s`);
  const rows = await healthy(device, fixture);
  await device.cutPower();
  return [
    { what: "a clock of 1980: K3s starts after it was set, and its certificate ends in a year" },
    ...rows,
  ];
}

/** No byte is free when it starts; later there is room again, and it recovers by itself. */
export async function fullDisk(fixture: Fixture): Promise<readonly Row[]> {
  const device = await fixture.installed("full-disk");
  await setUp(device);
  await device.run(`
    fill() { dd if=/dev/zero of=/var/full.$1 bs=$1 2>/dev/null; }
    fallocate -l "$(df --output=avail -B1 /var | tail -1)" /var/full || true
    fill 1M; fill 4k; sync; df /var | tail -1`);
  const before = await files(device);
  await device.cutPower();
  const full = await timed(async () => {
    await device.start();
    await device.until("the firewall is loaded", "nft list table inet flotilla", bootSeconds);
    await device.until("the tunnel is dialed", isDialed, bootSeconds);
  });
  const after = await files(device);
  if (before !== after) throw new Error(`files changed:\n${before}\n${after}`);
  await device.run("rm /var/full*; sync");
  const freed = await timed(() => k3sIsUp(device));
  await device.run(
    "systemctl start flotilla-hub flotilla-update-report flotilla-certificate-report",
  );
  const rows = await healthy(device, fixture);
  await device.cutPower();
  return [
    { what: "a full disk: firewall and tunnel are there", seconds: full },
    { what: "room again: K3s is up without a hand", seconds: freed },
    ...rows,
  ];
}

/** Checksums of the files that Flotilla's programs write again while a device runs. */
function files(device: Machine): Promise<string> {
  return device.run(`sha256sum /etc/flotilla/hub/* /etc/rancher/k3s/config.yaml \
    /etc/NetworkManager/system-connections/wg-hub.nmconnection`);
}
