/** Notes about declared interfaces that lead nowhere. */
import { expect, test } from "vitest";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { networkNotes } from "../../../fleet/resolve/network-notes.ts";
import { fleetText, interfacesText } from "./machine/machine-fleet.ts";

function notesOf(interfaces: string): readonly string[] {
  const source = parseSource("fleet.yaml", fleetText({ override: interfacesText(interfaces) }));
  const { input, devices } = declareFleet(source, undefined, undefined);
  return networkNotes(source, input, devices).map(
    ({ line, path, message }) => `${line}: ${path}: ${message.split(",")[0]}`,
  );
}

const eno1 = (ipv4: string) => `eno1: { ipv4: { ${ipv4} } }`;
const at = "17: devices.till-{1..2}.overrides.till-2.interfaces";

test.each([
  [
    eno1("addresses: [10.1.1.5/24], gateway: 10.1.1.1"),
    [`${at}: no interface with a cable has a DNS server`],
  ],
  [
    eno1("addresses: [10.1.1.5/24], dns: [10.1.1.1]"),
    [`${at}: no interface with a cable has a gateway`],
  ],
  [
    `${eno1("addresses: [10.1.1.5/24], gateway: 10.1.1.1")}\neno2: { ipv4: { ignoreAutoDns: true } }`,
    [`${at}: no interface with a cable has a DNS server`],
  ],
  [eno1("addresses: [10.1.1.5/24], gateway: 10.1.1.1, dns: [10.1.1.1]"), []],
  [
    eno1("addresses: [10.1.1.5/24], routes: [{ to: 10.0.0.0/8, via: 10.1.1.1 }], dns: [10.1.1.1]"),
    [],
  ],
  [`${eno1("addresses: [192.168.0.1/24], neverDefault: true")}\neno2: {}`, []],
  ["eno1: {}", []],
])("%s: %j", (interfaces, notes) => {
  expect(notesOf(interfaces)).toEqual(notes);
});
