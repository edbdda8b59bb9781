/** What the tests of certificates share. */
import { RootKey } from "../../../../fleet/keys/root-key.ts";
import type { Device } from "../../../../fleet/model/device.ts";
import { serverName } from "../../../../fleet/model/names.ts";
import { sampleFleet } from "../../../sample.ts";

export const sampleKey = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index));

/** An administrator for an hour. */
export const ann = {
  user: "ann",
  notBefore: new Date("2026-11-22T08:30:00Z"),
  notAfter: new Date("2026-11-22T09:30:01Z"),
};

export function deviceOf(name: string): Device {
  const device = sampleFleet.devices.find((one) => one.name === name);
  if (device === undefined) throw new Error(`the sample fleet has no ${name}`);
  return device;
}

/** A device like the sample's, of any name and generation. */
export function deviceLike(name: string, generation: number): Device {
  const own = { name, generation, serverName: serverName(sampleFleet.name, name, generation) };
  return { ...deviceOf("store-01"), ...own };
}

/** The certificates and keys of a PEM text, one by one. */
export function blocksOf(text: string): string[] {
  return text.match(/-----BEGIN [^]*?-----END [A-Z ]+-----\n/g) ?? [];
}
