/** How a machine is recognized: what is accepted, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";

const head = `fleet: harbor
domain: edge.harbor.example
repository: { url: "https://git.harbor.example/state.git" }
cloud: { provider: google, project: harbor-edge-hub }
profiles: { mini-pc: { architecture: x86_64, disk: /dev/sda } }
sites: { boston: { profile: mini-pc } }
devices:
`;

/** The devices till-1 and till-2, each with its match in YAML; `range` is that of both. */
function declared(first: string, second = "{ serial: B7 }", range = "") {
  const text = `${head}  till-{1..2}:
    site: boston
${range}    overrides:
      till-1: { match: ${first} }
      till-2: { match: ${second} }
`;
  return declareFleet(parseSource("fleet.yaml", text)).devices;
}

function mistakes(...args: Parameters<typeof declared>): string[] {
  try {
    declared(...args);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.mistakes.map((mistake) => formatMistake(mistake).replace(/^fleet.yaml:/, ""));
  }
  return [];
}

test("a device has what its machine is recognized by", () => {
  const all =
    "{ serial: A/1 x, assetTag: IT-0042, mac: [52-54-00-12-34-5A, 0c:c4:7a:00:00:01], " +
    "uuid: 4C4C4544-0043-4D10-8051-B9C04F4A3132 }";
  expect(declared(all, "{ mac: 52:54:00:12:34:57 }").map(({ match }) => match)).toEqual([
    {
      serial: "A/1 x",
      assetTag: "IT-0042",
      macs: ["52:54:00:12:34:5a", "0c:c4:7a:00:00:01"],
      uuid: "4c4c4544-0043-4d10-8051-b9c04f4a3132",
    },
    { macs: ["52:54:00:12:34:57"] },
  ]);
});

const at = (column: number, key: string) =>
  `11:${column}: devices.till-{1..2}.overrides.till-1.match${key}`;
const many = (shown: string, what: string) =>
  `${JSON.stringify(shown)} identifies no machine: many have this ${what}. Write another value, or match by another key.`;
const label = "Write at most 64 ASCII characters, without a space at the start or the end.";
const mac = 'Write it in quotes, like "52:54:00:12:34:56".';
const uuid = "Write it as the machine does, like 4c4c4544-0043-4d10-8051-b9c04f4a3132.";
const twice = (device: string, other: string) =>
  `${device} has the same value as ${other}, and a machine can be one device only. Write another value for one of them.`;
const second = (column: number, key: string) =>
  `12:${column}: devices.till-{1..2}.overrides.till-2.match.${key}`;

describe("mistakes", () => {
  test.each([
    [
      "{}",
      [
        `${at(17, "")}: this mapping is empty. Write serial, assetTag, mac or uuid, or omit the key.`,
      ],
    ],
    ["{ serial: '' }", [`${at(34, ".serial")}: "" is not a valid serial number. ${label}`]],
    ["{ serial: ' A1' }", [`${at(34, ".serial")}: " A1" is not a valid serial number. ${label}`]],
    ["{ serial: Gerät }", [`${at(34, ".serial")}: "Gerät" is not a valid serial number. ${label}`]],
    [
      "{ assetTag: 'IT 1 ' }",
      [`${at(36, ".assetTag")}: "IT 1 " is not a valid asset tag. ${label}`],
    ],
    [
      "{ mac: 52:54:00:12:34 }",
      [`${at(31, ".mac")}: "52:54:00:12:34" is not a valid MAC address. ${mac}`],
    ],
    [
      "{ mac: 52:54:00-12:34:56 }",
      [`${at(31, ".mac")}: "52:54:00-12:34:56" is not a valid MAC address. ${mac}`],
    ],
    [
      "{ mac: 01:00:5e:00:00:fb }",
      [
        `${at(31, ".mac")}: "01:00:5e:00:00:fb" is a multicast address, and no interface has one. ${mac}`,
      ],
    ],
    [
      "{ mac: [] }",
      [`${at(31, ".mac")}: this list is empty. Write at least one MAC address, or omit the key.`],
    ],
    [
      "{ mac: [52:54:00:12:34:56, 00:00:00:00:00:00] }",
      [`${at(51, ".mac.1")}: ${many("00:00:00:00:00:00", "MAC address")}`],
    ],
    ["{ uuid: 4c4c4544 }", [`${at(32, ".uuid")}: "4c4c4544" is not a valid UUID. ${uuid}`]],
    [
      "{ mac: [52:54:00:12:34:56, 52-54-00-12-34-56] }",
      [`${at(51, ".mac.1")}: this MAC address appears twice in this list. Delete one of them.`],
    ],
    ["{ serials: A1 }", [`${at(26, ".serials")}: unknown key "serials". Did you mean serial?`]],
  ])("%s", (first, expected) => {
    expect(mistakes(first)).toEqual(expected);
  });

  test.each([
    ["serial", "serial number", "To be filled by O.E.M."],
    ["serial", "serial number", "0"],
    ["serial", "serial number", "Default string"],
    ["serial", "serial number", "None"],
    ["serial", "serial number", "System Serial Number"],
    ["serial", "serial number", "123456789"],
    ["serial", "serial number", "0123456789"],
    ["serial", "serial number", "XXXXXXXX"],
    ["serial", "serial number", "N/A"],
    ["serial", "serial number", "-"],
    ["serial", "serial number", "Not Specified"],
    ["serial", "serial number", "INVALID"],
    ["assetTag", "asset tag", "No Asset Tag"],
    ["assetTag", "asset tag", "Chassis Asset Tag"],
    ["assetTag", "asset tag", "Asset-1234567890"],
    ["assetTag", "asset tag", "........"],
    ["mac", "MAC address", "ff:ff:ff:ff:ff:ff"],
    ["uuid", "UUID", "00000000-0000-0000-0000-000000000000"],
    ["uuid", "UUID", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"],
    ["uuid", "UUID", "03000200-0400-0500-0006-000700080009"],
  ])("a value that identifies nothing: %s: %s %s", (key, what, value) => {
    const column = 24 + key.length + 4;
    expect(mistakes(`{ ${key}: ${JSON.stringify(value)} }`)).toEqual([
      `${at(column, `.${key}`)}: ${many(value, what)}`,
    ]);
  });

  test.each([
    ["{ serial: PF1ABC }", "{ serial: pf1abc }", second(34, "serial"), twice],
    ["{ assetTag: IT-1 }", "{ assetTag: IT-1 }", second(36, "assetTag"), twice],
    [
      "{ mac: 52:54:00:12:34:56 }",
      "{ mac: [52:54:00:12:34:57, 52-54-00-12-34-56] }",
      second(51, "mac.1"),
      twice,
    ],
    ["{ mac: 52:54:00:12:34:5a }", "{ mac: 5254.0012.345A }", second(31, "mac"), twice],
    ["{ mac: 525400-12345a }", "{ mac: '52540012345A' }", second(31, "mac"), twice],
    [
      "{ mac: 52:54:00:12:34:56 }, interfaces: { lan: { macAddress: 5254-0012-345a } }",
      "{ mac: 5254.0012.345A }",
      second(31, "mac"),
      (device: string, other: string) =>
        `52:54:00:12:34:5a is the MAC address of an interface of ${other}. Write one of ${device}.`,
    ],
    [
      "{ uuid: 4c4c4544-0043-4d10-8051-b9c04f4a3132 }",
      "{ uuid: 4C4C4544-0043-4D10-8051-B9C04F4A3132 }",
      second(32, "uuid"),
      twice,
    ],
  ])("two devices with one machine: %s", (one, other, place, message) => {
    expect(mistakes(one, other)).toEqual([`${place}: ${message("till-2", "till-1")}`]);
  });

  test("the devices of a range", () => {
    expect(mistakes("{ serial: A1 }", "{ serial: B7 }", "    match: { serial: PF1 }\n")).toEqual([
      "10:5: devices.till-{1..2}.match: the devices of a range cannot share one machine. Write match for each device under overrides.",
    ]);
  });

  test("a serial number that YAML reads as a number", () => {
    expect(mistakes("{ serial: 4711 }")[0]).toMatch(/^11:34: devices.*match\.serial: /);
  });
});
