/** Addresses of devices with connectivity: direct, and the mistakes about them at their places. */
import { describe, expect, test } from "vitest";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";

const google = "{ provider: google, project: harbor-edge-hub }";
const existing =
  "{ provider: existing, context: home, gateway: { address: 203.0.113.10 }, " +
  "network: { nodes: 192.168.1.0/24, pods: 10.244.0.0/16, services: 10.96.0.0/12 } }";

/** @param devices the lines under `devices:`, the first of which is line 9 */
function said(devices: readonly string[], cloud = google): string {
  const lines = [
    "fleet: harbor",
    "domain: edge.harbor.example",
    "repository: { url: https://git.harbor.example/state.git }",
    `cloud: ${cloud}`,
    "profiles: { pc: { architecture: x86_64, disk: /dev/sda } }",
    "sites: { shop: { profile: pc } }",
    "workloads: {}",
    "devices:",
    ...devices.map((line) => `  ${line}`),
  ];
  try {
    declareFleet(parseSource("fleet.yaml", lines.join("\n")), []);
    return "";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map(formatMistake).join("\n");
  }
}

const direct = (name: string, address: string, more = "") =>
  `${name}: { site: shop, connectivity: direct, address: "${address}"${more} }`;

describe("two devices with one address", () => {
  test.each([
    ["the first is in a range of one", "cafe-{02..02}", "203.0.113.7", "cafe-03", "203.0.113.7"],
    ["the second is", "cafe-02", "203.0.113.7", "cafe-{03..03}", "203.0.113.7"],
    ["two spellings of IPv6", "cafe-02", "2001:db8::1", "cafe-03", "2001:DB8:0:0::1"],
    ["both at once", "cafe-{02..02}", "2001:db8::1", "cafe-{03..03}", "2001:DB8::0001"],
    ["the part in IPv4 notation", "cafe-02", "2001:db8::7f00:1", "cafe-03", "2001:db8::127.0.0.1"],
  ])("%s", (_name, first, one, second, two) => {
    const [address] = one.split(" ");
    expect(said([direct(first, one), direct(second, two)])).toMatch(
      new RegExp(
        `^fleet\\.yaml:10:\\d+: devices\\..*\\.address: ${address} is already used by cafe-02\\. Write the address of cafe-03\\.$`,
      ),
    );
  });

  test("overrides of a range of one have addresses of their own", () => {
    const override = ", overrides: { cafe-02: { address: 203.0.113.8 } }";
    const range = direct("cafe-{02..02}", "203.0.113.7", override);
    expect(said([range, direct("cafe-03", "203.0.113.7")])).toBe("");
    expect(said([range, direct("cafe-03", "203.0.113.8")])).toContain(
      "is already used by cafe-02.",
    );
  });

  test("an address of a whole range is one mistake, with and without overrides", () => {
    const shared =
      /^fleet\.yaml:9:\d+: .*: the devices of a range cannot share one address\. [^\n]*$/;
    expect(said([direct("cafe-{02..05}", "203.0.113.7")])).toMatch(shared);
    const overrides = ", overrides: { cafe-02: { ring: all }, cafe-03: { ring: all } }";
    expect(said(["x: { site: shop }", direct("cafe-{02..05}", "203.0.113.7")])).toContain(":10:");
    expect(said([direct("cafe-{02..05}", "203.0.113.7", overrides)])).not.toContain("already used");
  });
});

describe("an address at which the hub reaches no device", () => {
  test.each([
    ["0.0.0.0", "the range of unknown addresses (0.0.0.0/8)"],
    ["127.0.0.1", "the loopback range (127.0.0.0/8)"],
    ["169.254.1.1", "the link-local range (169.254.0.0/16)"],
    ["224.0.0.1", "the multicast and reserved ranges (224.0.0.0/3)"],
    ["255.255.255.255", "the multicast and reserved ranges (224.0.0.0/3)"],
  ])("%s", (address, what) => {
    expect(said([direct("cafe-01", address)])).toContain(
      `devices.cafe-01.address: "${address}" is inside ${what}. Write the host's address.`,
    );
  });

  const own = ", k3s: { podRange: 10.150.0.0/16, serviceRange: 10.151.0.0/16 }";
  const elsewhere = "Write the device's routable address.";
  test.each([
    [google, "100.64.0.5", "tunnel.range (100.64.0.0/16)"],
    [google, "10.0.0.9", "cloud.network.nodes (10.0.0.0/17)"],
    [google, "192.168.1.9", "cloud.network.pods (192.168.0.0/18)"],
    [google, "192.168.65.9", "cloud.network.services (192.168.64.0/18)"],
    [existing, "10.244.1.9", "cloud.network.pods (10.244.0.0/16)"],
    [existing, "10.96.1.9", "cloud.network.services (10.96.0.0/12)"],
    [google, "10.42.0.9", "K3s' pods on every device (10.42.0.0/16)"],
    [google, "10.43.0.9", "K3s' services on every device (10.43.0.0/16)"],
  ])("%.22s…: %s", (cloud, address, range) => {
    const [, message] = said([direct("cafe-01", address)], cloud).split(".address: ");
    expect(message).toBe(`${address} is inside ${range}. ${elsewhere}`);
  });

  test.each([
    ["beside the nodes of your own cluster", existing, "192.168.1.9", ""],
    ["in K3s' own ranges, which this device does not have", google, "10.42.0.9", own],
    ["IPv6", google, "2001:db8::7", ""],
  ])("others are valid: %s", (_name, cloud, address, more) => {
    expect(said([direct("cafe-01", address, more)], cloud)).toBe("");
  });
});
