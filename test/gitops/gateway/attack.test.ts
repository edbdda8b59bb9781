/** What a device that was broken into, a stranger and a pod of the hub try, and don't get. */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fleetOf, telemetryFleetOf, whyNot } from "./fleets.ts";
import { Lab, until } from "./lab.ts";

const reason = whyNot();
const title = (text: string) => (reason === undefined ? text : `${text} (SKIPPED: ${reason})`);

describe.skipIf(reason !== undefined)(title("a gateway under attack"), () => {
  const all = "100.64.0.0/21,192.168.0.0/24";
  let lab: Lab;
  beforeAll(async () => {
    lab = new Lab(fleetOf(4));
    lab.startTunnel();
    lab.startProxy();
    // Broken into: it sends whatever it likes into its tunnel.
    await lab.addDevice("store-0001", { allowed: all });
    // Takes whatever comes out of its tunnel, so that only the gateway protects it.
    await lab.addDevice("store-0002", { allowed: all });
    await until(() => lab.routes().length === 2, 20);
    await until(() => lab.connects("pod", "192.168.0.1", 3128) === "open");
  }, 30_000);
  afterAll(() => lab?.remove());

  test("has no ear for a stranger's key", async () => {
    const { privateKey } = generateKeyPairSync("x25519");
    const scalar = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
    const stranger = { place: "stranger", privateKey: scalar.toString("base64") };
    await lab.addDevice("store-0003", stranger);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const own = lab
      .run("stranger", "wg", "show", lab.tunnelOf("stranger"), "transfer")
      .trim()
      .split("\t");
    expect(own.slice(-2).map(Number)).toEqual([0, expect.any(Number)]);
    expect(Number(own.at(-1))).toBeGreaterThan(0);
    expect(lab.routes()).toEqual(["100.64.0.2", "100.64.0.3"]);
    expect(lab.handshakes().size).toBe(4);
  }, 30_000);

  test("takes nobody for another device", async () => {
    // The fourth device's key with the second one's address.
    const thief = {
      place: "thief",
      address: "100.64.0.3",
      privateKey: lab.privateKey("store-0004"),
    };
    await lab.addDevice("store-0004", thief);
    await until(() => lab.routes().includes("100.64.0.5"));
    expect(lab.connects("thief", "100.64.0.1", 6443)).toBe("silent");
    expect(lab.ask("pod", "100.64.0.3:6443")).toMatchObject({ status: 200, body: "store-0002" });
    expect(lab.routes()).toEqual(["100.64.0.2", "100.64.0.3", "100.64.0.5"]);
  }, 30_000);

  test.each([
    ["another device", "100.64.0.3", 6443],
    ["the proxy", "100.64.0.1", 3128],
    ["the metrics", "100.64.0.1", 9586],
    ["another address of the gateway", "192.168.0.1", 3128],
    ["a pod behind it", "192.168.0.2", 8080],
  ])("lets a device not reach %s", (_what, host, port) => {
    expect(lab.connects("store-0001", host, port)).not.toMatch(/open|ECONNREFUSED/);
  });

  test.each([
    ["another port", "pod", "CONNECT", "100.64.0.3:2379"],
    ["an address that is not a device's", "pod", "CONNECT", "192.168.0.1:6443"],
    ["another gateway's device", "pod", "CONNECT", "100.64.8.2:6443"],
    ["a name", "pod", "CONNECT", "store-0002.harbor.internal:6443"],
    ["IPv6", "pod", "CONNECT", "[::1]:6443"],
    ["another method", "pod", "GET", "http://100.64.0.3:6443/"],
    ["somebody who is no pod", "other", "CONNECT", "100.64.0.3:6443"],
  ])("has a proxy that forbids %s", (_what, from, method, target) => {
    const { status, ms } = lab.ask(from, target, method);
    expect(status).toBe(403);
    expect(ms).toBeLessThan(1_000);
  });
});

describe.skipIf(reason !== undefined)(title("a gateway that takes telemetry in"), () => {
  const all = "100.64.0.0/21,192.168.0.0/24";
  let lab: Lab;
  beforeAll(async () => {
    lab = new Lab(telemetryFleetOf(2));
    // Before the tunnel has made the address that it listens at.
    await lab.startCollector();
    await until(() => lab.words.includes("EADDRNOTAVAIL"));
    lab.startTunnel();
    lab.startProxy();
    await lab.addDevice("store-0001", { allowed: all });
    await lab.addDevice("store-0002", { allowed: all });
    await until(() => lab.routes().length === 2, 20);
    await until(() => lab.words.includes("listening on 100.64.0.1:8429"), 20);
    await until(() => lab.connects("pod", "192.168.0.1", 3128) === "open");
  }, 40_000);
  afterAll(() => lab?.remove());

  test("has one port for a device, and knows the device by its key", async () => {
    expect(lab.connects("store-0001", "100.64.0.1", 8429)).toBe("open");
    const lie = { device: "store-0002", site: "elsewhere" };
    const line = { "@timestamp": "2026-11-23T00:00:00Z", log: "sold", ...lie };
    expect(lab.sendLine("store-0001", line)).toBe(204);
    const stored = '"log":"sold","device":"store-0001","site":"boston"';
    await until(() => lab.words.includes(stored));
  });

  test.each([
    ["another device", "100.64.0.3", 6443],
    ["another device's port of that number", "100.64.0.3", 8429],
    ["the proxy", "100.64.0.1", 3128],
    ["the metrics", "100.64.0.1", 9586],
    ["the collector's health", "100.64.0.1", 8430],
    ["that port at another address of the gateway", "192.168.0.1", 8429],
    ["Elasticsearch behind it", "192.168.0.2", 9200],
  ])("lets a device not reach %s", (_what, host, port) => {
    expect(lab.connects("store-0001", host, port)).toBe("silent");
  });

  test("opens nothing to the devices: of what the gateway says they get answers alone", () => {
    expect(lab.connects("hub", "100.64.0.2", 2379)).toBe("ECONNREFUSED");
    expect(lab.ask("pod", "100.64.0.2:6443")).toMatchObject({ status: 200, body: "store-0001" });
  });

  test("takes in no line of a pod of the hub", () => {
    expect(lab.connects("pod", "192.168.0.1", 8429)).toBe("ECONNREFUSED");
    const line = { "@timestamp": "2026-11-23T00:00:00Z", log: "forged" };
    expect(lab.sendLine("pod", line)).toBe(503);
    expect(lab.words).not.toContain("forged");
  });
});
