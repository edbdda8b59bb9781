/** What a device has of its profile, its site, its range and itself, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

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
    '17:19: devices.till-{1..2}.overrides.till-2.timeZone: "Europe/Atlantis" is not a valid time zone. Write an IANA name, like America/New_York.',
  ],
])("a mistake is at its line: %j", (levels, mistake) => {
  expect(mistakesOf(levels)).toEqual([mistake]);
});
