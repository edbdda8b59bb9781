import { expect, test } from "vitest";
import { TrustedAuthorities } from "../../../edge/parts/trusted-authorities.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

test("Ignition and the system trust the same certificates", () => {
  const device = bareDevice();
  const authorities = ["first\n", "second\n"];
  new TrustedAuthorities(device, "trusted-authorities", { authorities });
  const anchors = [1, 2].map((number) =>
    inlineOf(device, `/etc/pki/ca-trust/source/anchors/flotilla-${number}.pem`),
  );
  expect(anchors).toEqual(authorities);
  const { certificateAuthorities } = JSON.parse(device.toIgnition()).ignition.security.tls;
  expect(certificateAuthorities).toEqual(
    ["data:,first%0A", "data:,second%0A"].map((source) => ({ compression: "", source })),
  );
});

test("what downloads starts after the system knows them", () => {
  const device = bareDevice();
  new TrustedAuthorities(device, "trusted-authorities", { authorities: ["x\n"] });
  const before = /^Before=(.*)$/m.exec(unitOf(device, "flotilla-trust.service"))?.[1];
  expect(before?.split(" ")).toEqual([
    "rpm-ostreed.service",
    "zincati.service",
    "k3s-selinux.service",
    "k3s.service",
  ]);
});
