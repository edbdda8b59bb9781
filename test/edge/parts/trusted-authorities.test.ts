import { expect, test } from "vitest";
import { TrustedAuthorities } from "../../../edge/parts/trusted-authorities.ts";
import { decodedIgnition } from "../decoded-ignition.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import { fleetRootCertificate } from "../../../fleet/keys/authorities.ts";
import { sampleFleet } from "../../sample.ts";

const authority = fleetRootCertificate(sampleFleet, new RootKey(new Uint8Array(32).fill(3)));
const authorityWithoutBreak = fleetRootCertificate(
  sampleFleet,
  new RootKey(new Uint8Array(32).fill(4)),
).trimEnd();

test("Ignition and the system trust the same certificates", () => {
  const device = bareDevice();
  const authorities = [authority, authorityWithoutBreak];
  new TrustedAuthorities(device, "trusted-authorities", { authorities });
  const anchors = [1, 2].map((number) =>
    inlineOf(device, `/etc/pki/ca-trust/source/anchors/flotilla-${number}.pem`),
  );
  expect(anchors).toEqual(authorities);
  const { ignition } = JSON.parse(decodedIgnition(device.toIgnition()));
  const trusted = ignition.security.tls.certificateAuthorities.map(
    ({ lines, text = lines.join("\n") }: { lines: string[]; text?: string }) => text,
  );
  expect(trusted.map((text: string) => text.trimEnd())).toEqual(
    authorities.map((text) => text.trimEnd()),
  );
});

test("what downloads starts after the system knows them", () => {
  const device = bareDevice();
  new TrustedAuthorities(device, "trusted-authorities", { authorities: [authority] });
  const before = /^Before=(.*)$/m.exec(unitOf(device, "flotilla-trust.service"))?.[1];
  expect(before?.split(" ")).toEqual([
    "rpm-ostreed.service",
    "zincati.service",
    "k3s-selinux.service",
    "k3s.service",
  ]);
});
