/** The gateway's script and its proxy with the real wg, wireguard-go, nft and Squid. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { peerPath } from "../../peers/peers.ts";
import { fleetOf, synthesized, whyNot } from "./fleets.ts";
import { Lab, until } from "./lab.ts";

const reason = whyNot();
const title = (text: string) => (reason === undefined ? text : `${text} (SKIPPED: ${reason})`);

describe.skipIf(reason !== undefined).each(["dash", "busybox"] as const)(
  title("a gateway with three devices, its script run by %s"),
  (shell) => {
    let lab: Lab;
    beforeAll(async () => {
      lab = new Lab(fleetOf(3), shell);
      lab.startTunnel();
      lab.startProxy();
      await until(() => lab.handshakes().size === 3);
      await until(() => lab.connects("pod", "192.168.0.1", 3128) === "open");
    }, 30_000);
    afterAll(() => lab?.remove());

    test("refuses a device that never dialled in, at once", () => {
      const { status, ms } = lab.ask("pod", "100.64.0.2:6443");
      expect(status).toBe(503);
      expect(ms).toBeLessThan(500);
    });

    test("reaches a device seconds after it has dialled in, and no other", async () => {
      await lab.addDevice("store-0001");
      await lab.addDevice("store-0002");
      await until(() => lab.routes().length === 2);
      expect(lab.routes()).toEqual(["100.64.0.2", "100.64.0.3"]);
      expect(lab.ask("pod", "100.64.0.2:6443")).toMatchObject({ status: 200, body: "store-0001" });
      expect(lab.ask("hub", "100.64.0.3:6443")).toMatchObject({ status: 200, body: "store-0002" });
      expect(lab.ask("pod", "100.64.0.4:6443").status).toBe(503);
    }, 30_000);

    test("shows who is present", async () => {
      const line = (name: string, address: string) =>
        `wireguard_latest_handshake_seconds{interface="${lab.interface}",public_key="${lab.publicKey(name)}",allowed_ips="${address}/32",friendly_name="${name}"} `;
      const seconds = (name: string, address: string) =>
        Number(lab.metrics().split(line(name, address))[1]?.split("\n")[0]);
      await until(() => Date.now() / 1_000 - seconds("store-0001", "100.64.0.2") < 30);
      expect(seconds("store-0003", "100.64.0.4")).toBe(0);
    });

    const exporter = peerPath("node-exporter-1.12.1");
    const unserved = exporter === undefined ? " (SKIPPED: test/peers/build.sh node-exporter)" : "";
    test.skipIf(exporter === undefined)(
      `is served by the real node_exporter${unserved}`,
      async () => {
        const command = synthesized(lab.fleet).metricsCommand.slice(1);
        const options = command.map((word) =>
          word.replace("/run/metrics", `${lab.folder}/metrics`),
        );
        lab.start("hub", [exporter ?? "", ...options]);
        await until(() => lab.connects("pod", "192.168.0.1", 9586) === "open");
        const served = lab.run("pod", "curl", "-s", "http://192.168.0.1:9586/metrics");
        expect(served).toContain("node_textfile_scrape_error 0\n");
        // It puts the labels in the order of their names.
        const line =
          /^wireguard_latest_handshake_seconds\{allowed_ips="([^"]+)\/32",friendly_name="([^"]+)",/gm;
        expect([...served.matchAll(line)].map(([, address, name]) => [name, address])).toEqual([
          ["store-0001", "100.64.0.2"],
          ["store-0002", "100.64.0.3"],
          ["store-0003", "100.64.0.4"],
        ]);
      },
    );

    test("is killed, started again, and continues with the existing tunnels", async () => {
      const talk = lab.talk("pod", "100.64.0.2:6443");
      await until(() => talk.talking());
      const before = lab.handshakes();
      await lab.killTunnel();
      await new Promise((resolve) => setTimeout(resolve, 500));
      lab.startTunnel();
      await until(() => lab.words.match(/: 3 peers/g)?.length === 2);
      expect(lab.handshakes()).toEqual(before);
      const { answered, unanswered, gap } = await talk.end();
      expect(answered).toBeGreaterThan(5);
      expect(unanswered).toBeLessThanOrEqual(1);
      expect(gap).toBeLessThan(1_000);
      expect(lab.words.match(/wireguard-go\n/g)).toHaveLength(1);
      expect(lab.checks()).toBe(true);
    }, 30_000);

    test("takes and drops peers while the others talk", async () => {
      const talk = lab.talk("pod", "100.64.0.2:6443");
      await until(() => talk.talking());
      const before = lab.handshakes();
      lab.setPeers(synthesized(fleetOf(4)).peers);
      await until(() => lab.handshakes().size === 4);
      lab.setPeers(synthesized(fleetOf(1)).peers);
      await until(() => lab.handshakes().size === 1);
      await until(() => lab.routes().length === 1);
      const { answered, unanswered, gap } = await talk.end();
      expect(answered).toBeGreaterThan(5);
      expect(unanswered).toBeLessThanOrEqual(1);
      expect(gap).toBeLessThan(1_000);
      expect(lab.handshakes().get(lab.publicKey("store-0001"))).toBe(
        before.get(lab.publicKey("store-0001")),
      );
      expect(lab.ask("pod", "100.64.0.3:6443").status).toBe(503);
    }, 30_000);

    test("keeps the peers when the list is damaged, and goes on with the next one", async () => {
      lab.setPeers("[Peer]\nPublicKey=nonsense\n");
      await until(() => lab.words.includes("the list of peers is refused"));
      expect(lab.handshakes().size).toBe(1);
      expect(lab.ask("pod", "100.64.0.2:6443")).toMatchObject({ status: 200, body: "store-0001" });
      lab.setPeers(synthesized(fleetOf(3)).peers);
      await until(() => lab.handshakes().size === 3);
    }, 30_000);
  },
);

describe.skipIf(reason !== undefined)(title("presence"), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(fleetOf(1));
    lab.startProxy();
  });
  afterAll(() => lab?.remove());

  test("ends when the last handshake is too long ago", async () => {
    lab.startTunnel({ TUNNEL_PRESENT_SECONDS: "2" });
    await lab.addDevice("store-0001");
    await until(() => lab.routes().length === 1);
    await until(() => lab.routes().length === 0);
    const { status, ms } = lab.ask("pod", "100.64.0.2:6443");
    expect(status).toBe(503);
    expect(ms).toBeLessThan(500);
    await lab.killTunnel();
  }, 30_000);

  test("comes back by itself when wireguard-go is killed", async () => {
    lab.startTunnel();
    await until(() => lab.routes().length === 1);
    const process = lab.pid("hub", `wireguard-go ${lab.interface}`);
    globalThis.process.kill(process, "SIGKILL");
    await until(() => lab.words.includes(`${lab.interface} is gone`));
    await until(() => lab.handshakes().size === 1);
    // A device shakes hands again in two minutes; one that starts again does so now.
    lab.run("store-0001", "sh", "-c", shakeHands, lab.tunnelOf("store-0001"));
    await until(() => lab.routes().length === 1);
    expect(lab.ask("pod", "100.64.0.2:6443")).toMatchObject({ status: 200, body: "store-0001" });
  }, 30_000);
});

/** Makes a tunnel forget its session. */
const shakeHands = `i=$0; c=$(wg showconf $i); p=$(wg show $i peers)
  wg set $i peer $p remove; printf '%s\\n' "$c" | wg addconf $i /dev/stdin`;
