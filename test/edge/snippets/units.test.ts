/** Drop-ins and units that keep Flotilla's own from starting, or from what they need. */
import { describe, expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const dropin = (contents: string, unit = "k3s.service") =>
  `systemd: { units: [{ name: ${unit}, dropins: [{ name: own.conf, contents: ${JSON.stringify(contents)} }] }] }\n`;
const masked = (unit: string) => `systemd: { units: [{ name: "${unit}", mask: true }] }\n`;
const service = (unit: string) =>
  `systemd: { units: [{ name: own.service, enabled: true, contents: ${JSON.stringify(`[Unit]\n${unit}\n[Service]\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n`)} }] }\n`;

describe("a drop-in", () => {
  test.each([
    ["[Unit]\nRequisite=own.service\n", /can keep k3s\.service .* from starting/],
    ["[Service]\nRuntimeMaxSec=60\n", /can keep k3s\.service/],
    ["[Service]\nRestart=no\n", /takes from k3s\.service .* what it needs/],
    ["[Service]\nDelegate=no\n", /what it needs/],
    ["[Service]\nIPAddressDeny=any\n", /what it needs/],
    ["[Service]\nInaccessiblePaths=/var/lib/rancher\n", /what it needs/],
    ["[Service]\nProtectSystem=strict\n", /what it needs/],
    ["[Service]\nCapabilityBoundingSet=\n", /what it needs|takes away/],
    ["[Service]\nNoNewPrivileges=true\n", /what it needs/],
    ["[Service]\nSystemCallFilter=~mount\n", /what it needs/],
    ["[Service]\nTemporaryFileSystem=/var\n", /what it needs/],
  ])("that says %j is refused", (contents, message) => {
    expect(mistakesIn(dropin(contents))).toEqual([expect.stringMatching(message)]);
  });

  test("for all services is refused too", () => {
    expect(mistakesIn(dropin("[Service]\nProtectSystem=full\n", "service"))).toHaveLength(1);
  });

  test("of a unit that is not ours may confine it, and may not stop ours", () => {
    expect(mistakesIn(dropin("[Service]\nProtectSystem=strict\n", "own.service"))).toEqual([]);
    const stops = dropin("[Unit]\nConflicts=k3s.service\n", "docker.service");
    expect(mistakesIn(stops)).toEqual([expect.stringContaining("Conflicts stops k3s.service")]);
  });

  test.each([
    "[Service]\nMemoryHigh=2G\nEnvironment=HTTP_PROXY=http://a:1\nExecStartPre=-/bin/true\n",
    "[Service]\nProtectSystem=no\nRestart=on-failure\nDelegate=true\nSystemCallFilter=\n",
  ])("that says %j is accepted", (contents) => {
    expect(mistakesIn(dropin(contents))).toEqual([]);
  });

  test("does not have K3s read its own variables from a file", () => {
    const reads = dropin("[Service]\nEnvironmentFile=-/etc/own.env\n");
    const file = (text: string) =>
      `storage: { files: [{ path: /etc/own.env, contents: { inline: ${JSON.stringify(text)} } }] }\n`;
    expect(mistakesIn(reads + file("A=1\n# K3S_URL=\nHTTPS_PROXY=http://a:1\n"))).toEqual([]);
    expect(mistakesIn(reads + file("A=1\nK3S_URL=https://a:6443\n"))).toEqual([
      expect.stringContaining('K3S_URL in it goes before what Flotilla\'s part "k3s" says'),
    ]);
  });
});

test.each([
  "-.mount",
  "coreos-ignition-firstboot-complete.service",
  "ostree-finalize-staged.service",
  "ostree-remount.service",
  "system.slice",
  "systemd-udev-trigger.service",
  "systemd-user-sessions.service",
])("%s is not masked", (unit) => {
  expect(mistakesIn(masked(unit))).toEqual([
    expect.stringContaining(`a device of Flotilla needs ${unit}`),
  ]);
});

test("your own unit does not stop what a device needs", () => {
  expect(mistakesIn(service("Conflicts=NetworkManager.service"))).toEqual([
    expect.stringContaining("Conflicts stops NetworkManager.service, which a device needs,"),
  ]);
  expect(mistakesIn(service("Conflicts=shutdown.target docker.service"))).toEqual([]);
});
