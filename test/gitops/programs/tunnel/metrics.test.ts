/** The metrics and the present peers, by the awk of this machine and by BusyBox'. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sourceText } from "../../../../fleet/files/source-text.ts";
import { metricNames, presentSecondsMax } from "../../../../fleet/model/contract.ts";
import { presenceIn } from "../../../../gitops/programs/reconnect/presence.ts";
import { peerPath } from "../../../peers/peers.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-metrics-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = sourceText("gitops/programs/tunnel/metrics.awk");
const busybox = peerPath("emulator-debian-12/busybox");
const missing = busybox === undefined ? " (SKIPPED: run test/peers/build.sh emulator)" : "";

const peers = `# till-01
[Peer]
PublicKey=a+b/c=
AllowedIPs=100.64.0.2/32
# kiosk-01
[Peer]
PublicKey=d
AllowedIPs=100.64.0.3/32
`;
const own = "private\tpublic\t51820\toff\n";
const peer = (key: string, address: string, handshake: number) =>
  `${key}\t(none)\t1.2.3.4:5\t${address}\t${handshake}\t11\t22\toff\n`;

interface Result {
  readonly status: number;
  readonly figures: string;
  readonly addresses: string;
}

function run(awk: readonly string[], dump: string): Result {
  const file = (name: string) => join(folder, name);
  for (const name of ["figures", "addresses"]) writeFileSync(file(name), "");
  writeFileSync(file("peers"), peers);
  const [command = "", ...options] = awk;
  const variables = {
    FS: "\\t",
    now: 1000,
    present: 180,
    interface: "wg0",
    addresses: file("addresses"),
    figures: file("figures"),
  };
  for (const [name, value] of Object.entries(variables)) options.push("-v", `${name}=${value}`);
  let status = 0;
  try {
    const inputs = ["list=peers", file("peers"), "list=dump", "-"];
    execFileSync(command, [...options, program, ...inputs], { input: dump });
  } catch (error) {
    ({ status } = error as { status: number });
  }
  const read = (name: string) => readFileSync(file(name), "utf8");
  return { status, figures: read("figures"), addresses: read("addresses") };
}

describe.each([
  ["awk", ["awk"], ""],
  ["BusyBox' awk", [busybox ?? "", "awk"], missing],
])("metrics.awk by %s", (_, awk, reason) => {
  const isMissing = reason !== "";

  test.skipIf(isMissing)(`a peer is present for 180 s after its handshake${reason}`, () => {
    const dump =
      own +
      peer("a+b/c=", "100.64.0.2/32", 820) +
      peer("d", "100.64.0.3/32", 819) +
      peer("e", "100.64.0.4/32", 0) +
      peer("f", "(none)", 999);
    expect(run(awk, dump).addresses).toBe("100.64.0.2\n");
  });

  test.skipIf(isMissing)(`every peer has three metrics with its name${reason}`, () => {
    const dump = own + peer("a+b/c=", "100.64.0.2/32", 900) + peer("d", "100.64.0.3/32", 0);
    const label = (key: string, address: string, name: string) =>
      `{interface="wg0",public_key="${key}",allowed_ips="${address}/32",friendly_name="${name}"}`;
    const labels = [label("a+b/c=", "100.64.0.2", "till-01"), label("d", "100.64.0.3", "kiosk-01")];
    const metric = (name: string, type: string, help: string, values: readonly number[]) =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` +
      labels.map((text, index) => `${name}${text} ${values[index]}\n`).join("");
    expect(run(awk, dump).figures).toBe(
      metric("wireguard_sent_bytes_total", "counter", "Bytes sent to the peer", [22, 22]) +
        metric(
          "wireguard_received_bytes_total",
          "counter",
          "Bytes received from the peer",
          [11, 11],
        ) +
        metric(
          metricNames.handshake,
          "gauge",
          "UNIX time of the last handshake, 0 for never",
          [900, 0],
        ),
    );
  });

  test.skipIf(isMissing)(`reconnect reads what it writes${reason}`, () => {
    const dump = own + peer("a+b/c=", "100.64.0.2/32", 900) + peer("d", "100.64.0.3/32", 0);
    const devices = presenceIn(run(awk, dump).figures, 1000);
    expect(Object.fromEntries(devices)).toEqual({ "till-01": "", "kiosk-01": false });
  });

  test.skipIf(isMissing)(
    `an interface without peers has none, and no interface fails${reason}`,
    () => {
      expect(run(awk, own)).toMatchObject({ status: 0, addresses: "" });
      expect(run(awk, "").status).toBe(1);
    },
  );
});

test("the tunnel's 180 s are those of everybody else", () => {
  const script = sourceText("gitops/programs/tunnel/tunnel.sh");
  expect(script).toContain(`TUNNEL_PRESENT_SECONDS:-${presentSecondsMax}}`);
});
