/** What a device has of its profile, its site, its range and itself, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import { devicesOf, interfacesText, mistakesOf } from "./machine-fleet.ts";

const list = (...servers: string[]) => `ntpServers: [${servers.join(", ")}]`;

describe("levels", () => {
  test("a device without settings has no machine", () => {
    expect(devicesOf({})[0]).not.toHaveProperty("machine");
  });

  test.each([
    [{ profile: list("a") }, ["a"], ["a"]],
    [{ profile: list("a"), site: list("b") }, ["b"], ["b"]],
    [{ profile: list("a"), site: list("b"), range: list("c") }, ["c"], ["c"]],
    [{ site: list("b"), override: list("d", "192.0.2.1") }, ["b"], ["d", "192.0.2.1"]],
  ])("the last level that has a list wins: %j", (levels, first, second) => {
    expect(devicesOf(levels).map(({ machine }) => machine?.ntpServers)).toEqual([first, second]);
  });

  test("mappings are merged key by key", () => {
    const [first, second] = devicesOf({
      site: "users: { ann: { groups: [wheel] }, bob: {} }",
      override: "users: { ann: { passwordHash: { env: ANN_HASH } } }",
    });
    const bob = { name: "bob", sshKeys: [], passwordHash: null, groups: [] };
    const ann = { name: "ann", sshKeys: [], passwordHash: null, groups: ["wheel"] };
    expect(first.machine?.users).toEqual([ann, bob]);
    const place = {
      file: "fleet.yaml",
      line: 18,
      column: 39,
      path: "devices.till-{1..2}.overrides.till-2.users.ann.passwordHash",
    };
    const passwordHash = { form: "password-hash", from: "env", name: "ANN_HASH", place };
    expect(second.machine?.users).toEqual([{ ...ann, passwordHash }, bob]);
  });

  test("a device has a description and a time zone of its own", () => {
    const [first, second] = devicesOf({
      site: "timeZone: America/New_York",
      override: "timeZone: Europe/Dublin\ndescription: by the door",
    });
    expect([first.timeZone, first.description]).toEqual([undefined, undefined]);
    expect([second.timeZone, second.description]).toEqual(["Europe/Dublin", "by the door"]);
  });
});

test("a direct device can have an IPv6 address, in its one spelling, and so can its site", () => {
  const [, second] = devicesOf({
    site: 'network: "2001:db8::/48"',
    override: `connectivity: direct
address: "2001:DB8:0::5"
${interfacesText('eno1: { ipv6: { addresses: ["2001:db8::5/64"], gateway: "fe80::1" } }')}`,
  });
  expect([second.address, second.site.network]).toEqual(["2001:db8::5", "2001:db8::/48"]);
});

test("interfaces of all levels are merged", () => {
  const [first, second] = devicesOf({
    profile: interfacesText("eno1: { ipv4: { dns: [10.1.1.1] } }"),
    site: interfacesText("eno1: { ipv4: { gateway: 10.1.1.1, dns: [10.1.1.2] } }"),
    range: interfacesText("eno1: { ipv4: { addresses: [10.1.1.5/24] } }"),
    override: interfacesText(
      "eno1: { ipv4: { addresses: [10.1.1.6/24], dnsSearch: [shop.example] } }",
    ),
  });
  const shared = { method: "manual", gateway: "10.1.1.1", dns: ["10.1.1.2"], routes: [] };
  expect([first, second].map(({ machine }) => machine?.interfaces?.[0]?.ipv4)).toEqual([
    { ...shared, addresses: ["10.1.1.5/24"], dnsSearch: [] },
    { ...shared, addresses: ["10.1.1.6/24"], dnsSearch: ["shop.example"] },
  ]);
});

test.each([
  [
    { profile: "ntpServers: []" },
    "9:17: profiles.mini-pc.ntpServers: this list is empty. Write at least one server, or omit the key.",
  ],
  [
    { site: list("300.1.1.1") },
    '12:18: sites.boston.ntpServers.0: "300.1.1.1" is not a valid host. Write a name or an IP address, like ntp.example.com.',
  ],
  [
    { range: "users: { Ann: {} }" },
    '15:14: devices.till-{1..2}.users.Ann: "Ann" is not a valid user name. Write lower-case letters, digits, hyphens and underscores, starting with a letter.',
  ],
  [
    { site: "users: { ann: { passwordHash: $y$j9T$x } }" },
    "12:35: sites.boston.users.ann.passwordHash: found a value that is not a reference to a secret. Write { file: path } or { env: NAME }: the fleet file is in Git.",
  ],
  [
    { override: "timeZone: Europe/Atlantis" },
    '17:19: devices.till-{1..2}.overrides.till-2.timeZone: "Europe/Atlantis" is not a valid time zone. Did you mean Europe/Athens? Write an IANA name, like America/New_York.',
  ],
])("a mistake is at its line: %j", (levels, mistake) => {
  expect(mistakesOf(levels)).toEqual([mistake]);
});
