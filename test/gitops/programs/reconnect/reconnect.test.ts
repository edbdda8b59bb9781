/** What the program decides, with a clock of the test's own; test/gitops/gateway runs it. */
import { beforeEach, expect, test } from "vitest";
import { Gateways } from "../../../../gitops/programs/reconnect/gateways.ts";
import { presenceIn } from "../../../../gitops/programs/reconnect/presence.ts";
import { Reconnect } from "../../../../gitops/programs/reconnect/reconnect.ts";
import { FailureLog } from "../../../../gitops/programs/shared/failure-log.ts";

const line = (name: string, handshake: number) =>
  `wireguard_latest_handshake_seconds{interface="wg0",friendly_name="${name}"} ${handshake}\n`;

test("a device is present for 180 s after its last handshake", () => {
  const metrics = line("a", 820) + line("b", 819) + line("c", 0) + line("d", 1001);
  const expected = { a: "", b: false, c: false, d: "" };
  expect(Object.fromEntries(presenceIn(metrics, 1000))).toEqual(expected);
});

test("a device with two peers is present if one of them is", () => {
  const metrics = line("a", 0) + line("a", 1000) + line("b", 1000) + line("b", 0);
  expect(Object.fromEntries(presenceIn(metrics, 1000))).toEqual({ a: "", b: "" });
});

test("other metrics, comments, and what is not a device's name are ignored", () => {
  const other = `# HELP wireguard_latest_handshake_seconds x
wireguard_sent_bytes_total{friendly_name="a"} 1000
wireguard_latest_handshake_seconds{friendly_name=""} 1000
wireguard_latest_handshake_seconds{public_key="k"} 1000
`;
  const names = ["../applications/a", "a?b", "a.b", "A", "-a", "__proto__", "a".repeat(64)];
  const metrics = other + names.map((name) => line(name, 1000)).join("");
  expect(presenceIn(metrics, 1000).size).toBe(0);
});

let now: number;
let metrics: Record<string, string | Error>;
let sync: Record<string, string>;
let pending: Set<string>;
let refreshed: string[];
let lines: string[];
let gateways: Gateways;
let reconnect: Reconnect;

beforeEach(() => {
  now = 10_000;
  [metrics, sync, refreshed, lines] = [{ one: "", two: "" }, {}, [], []];
  pending = new Set();
  const log = (text: string) => lines.push(text);
  gateways = new Gateways({
    gateways: ["one", "two"],
    metrics: async (gateway) => {
      const text = metrics[gateway];
      if (typeof text !== "string") throw text;
      return text;
    },
    failures: new FailureLog({ write: log, now: () => now }),
    now: () => now,
  });
  reconnect = new Reconnect({ log, now: () => now });
});

/** Looks every two seconds. Applications are named by their devices: `till.a` of the device `till`. */
async function lookFor(seconds: number): Promise<void> {
  const applications = {
    async *all() {
      for (const [name, status] of Object.entries(sync)) {
        const labels = { "flotilla.dev/device": name.split(".")[0] ?? "" };
        const annotations: Record<string, string> = pending.has(name)
          ? { "argocd.argoproj.io/refresh": "normal" }
          : {};
        yield { metadata: { name, labels, annotations }, status: { sync: { status } } };
      }
    },
    refresh: async (name: string, isPending: boolean) =>
      void refreshed.push(isPending ? `${name} again` : name),
  };
  for (const end = now + seconds; now < end; now += 2) {
    for (const [gateway, text] of Object.entries(metrics)) {
      // A device that is there keeps shaking hands.
      if (typeof text === "string") metrics[gateway] = text.replace(/ \d+$/gm, ` ${now}`);
    }
    await gateways.look();
    if (reconnect.notice(gateways.views)) await reconnect.lookAtApplications(applications);
  }
}

test("an application in sync is asked once, any other one every five seconds", async () => {
  metrics["one"] = line("till", now);
  sync = { "till.a": "Synced", "till.b": "Unknown", "depot.a": "Unknown" };
  await lookFor(2);
  expect(refreshed).toEqual(["till.a", "till.b"]);
  await lookFor(18);
  expect(refreshed).toEqual(["till.a", "till.b", "till.b", "till.b", "till.b"]);
  sync["till.b"] = "Synced";
  await lookFor(600);
  expect(refreshed).toHaveLength(5);
});

test("a device that never settles is given up after a quarter of an hour", async () => {
  metrics["two"] = line("till", now);
  sync = { "till.a": "Unknown" };
  await lookFor(3600);
  expect(refreshed).toHaveLength(151);
});

test("a device whose application is made late is asked anyway", async () => {
  metrics["one"] = line("till", now);
  await lookFor(20);
  sync = { "till.a": "OutOfSync" };
  await lookFor(2);
  expect(refreshed).toEqual(["till.a"]);
});

test("a gateway that is away for a day brings nobody back, and is logged 24 times", async () => {
  metrics["one"] = line("till", now);
  sync = { "till.a": "Synced" };
  await lookFor(60);
  expect(refreshed).toEqual(["till.a"]);
  metrics["one"] = new Error("connect ECONNREFUSED");
  await lookFor(24 * 3600);
  metrics["one"] = line("till", now);
  await lookFor(60);
  expect(refreshed).toEqual(["till.a"]);
  expect(lines.filter((text) => text === "one: connect ECONNREFUSED")).toHaveLength(24);
  expect(lines.at(-1)).toBe("one: works again after 86400 s");
});

test("a device that was installed again is back, though nobody saw it away", async () => {
  const withKey = (key: string) =>
    line("till", now).replace("{", `{public_key="${key.padEnd(43, "A")}=",`);
  metrics["one"] = withKey("old");
  sync = { "till.a": "Synced" };
  await lookFor(60);
  // The new image starts while the gateway does not answer.
  metrics["one"] = new Error("no answer");
  await lookFor(4);
  metrics["one"] = withKey("new");
  await lookFor(60);
  expect(refreshed).toEqual(["till.a", "till.a"]);
  // Its pair of keys: a peer for each.
  metrics["one"] = withKey("new") + withKey("next");
  await lookFor(600);
  expect(refreshed).toHaveLength(3);
});

test("a request that Argo CD did not see is repeated", async () => {
  metrics["one"] = line("till", now);
  sync = { "till.a": "Synced" };
  pending.add("till.a");
  await lookFor(2);
  expect(refreshed).toEqual(["till.a again"]);
  await lookFor(6);
  expect(refreshed).toHaveLength(2);
  pending.clear();
  await lookFor(60);
  expect(refreshed).toHaveLength(2);
});

test("a device that was skipped is looked after, whether a gateway sees it or not", async () => {
  sync = { "till.a": "Synced", "depot.a": "Synced" };
  reconnect.noticeBack(["till"]);
  await lookFor(4);
  expect(refreshed).toEqual(["till.a"]);
});
