/** What the tests of parts share. */
import type { Contribution, DeviceContext } from "../../../edge/parts/part.ts";
import { sampleFleet, samplePublicKeys, sampleSecrets } from "../../sample.ts";

/** The context of one device of the sample fleet. */
export function context(name: string): DeviceContext {
  const device = sampleFleet.devices.find((candidate) => candidate.name === name);
  if (device === undefined) throw new Error(`the sample fleet has no ${name}`);
  return {
    fleet: sampleFleet,
    device,
    gatewayPublicKeys: samplePublicKeys.gateways,
    secrets: sampleSecrets,
  };
}

/** The inline contents of a file that the contribution has. */
export function inlineOf(contribution: Contribution, path: string): string {
  const contents = contribution.files?.find((file) => file.path === path)?.contents;
  if (contents === undefined || !("inline" in contents)) throw new Error(`no text in ${path}`);
  return contents.inline;
}
