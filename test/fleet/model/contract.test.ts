/** Shell scripts and settings cannot import the contract, so their copies of it are compared. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  accountName,
  deviceAddress,
  devicePort,
  deviceServer,
  hubName,
  metricNames,
  podAccounts,
  presentSecondsMax,
  proxyPort,
  tunnelInterface,
  tunnelPort,
  type AccountUse,
} from "../../../fleet/model/contract.ts";

const root = join(import.meta.dirname, "..", "..", "..");

test.each([
  ["100.64.0.2", "https://100.64.0.2:6443"],
  ["2001:db8::5", "https://[2001:db8::5]:6443"],
])("the API server at %s has the URL %s", (address, url) => {
  expect(deviceServer(address)).toBe(url);
  expect(new URL(url).port).toBe("6443");
  expect(deviceAddress(url)).toBe(address);
});

test.each([
  ["gitops/programs/tunnel/tunnel.sh", `port=\${TUNNEL_PORT:-${tunnelPort}}`],
  ["gitops/programs/tunnel/tunnel.sh", `present=\${TUNNEL_PRESENT_SECONDS:-${presentSecondsMax}}`],
  ["gitops/programs/tunnel/firewall.nft", `oifname $interface tcp dport ${devicePort} accept`],
  ["gitops/programs/tunnel/metrics.awk", metricNames.handshake],
  ["gitops/programs/proxy/squid.conf", `acl api port ${devicePort}\n`],
  ["gitops/programs/proxy/squid.conf", `http_port ${proxyPort}`],
  [
    "edge/parts/host-firewall/tunnel.nft",
    `iifname "${tunnelInterface}" tcp dport ${devicePort} accept`,
  ],
  ["edge/parts/host-firewall/tunnel.nft", `tcp dport ${devicePort} reject`],
  ["edge/parts/host-firewall/anywhere.nft", `tcp dport ${devicePort} accept`],
])("%s has %j", (file, text) => {
  expect(readFileSync(join(root, file), "utf8")).toContain(text);
});

test("the URL of a device's API server leads back to its address", () => {
  expect(deviceServer("100.64.0.2")).toBe("https://100.64.0.2:6443");
  expect(deviceAddress(deviceServer("100.64.0.2"))).toBe("100.64.0.2");
  expect(deviceAddress("https://kubernetes.default.svc")).toBe("https://kubernetes.default.svc");
});

test("an account's name fits Google's 30 characters for the longest name of a fleet", () => {
  for (const use of Object.keys(podAccounts) as AccountUse[]) {
    expect(accountName(hubName("f".repeat(20)), use).length).toBeLessThanOrEqual(30);
  }
});
