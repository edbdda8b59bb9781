/**
 * Settings that a machine does not support, and mirrors that do not serve all of their machines.
 */
import { isMisspelled, valueAt } from "../grammar/check.ts";
import type { DeclaredDevice } from "./declared-devices.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Source } from "../grammar/source.ts";

export function hardwareMistakes(
  source: Source,
  input: FleetInput,
  devices: readonly DeclaredDevice[],
): Mistake[] {
  return [
    ...boardMistakes(source, input),
    ...mirrorMistakes(source, input),
    ...archiveMistakes(source, devices),
  ];
}

function boardMistakes(source: Source, { profiles }: FleetInput): Mistake[] {
  return Object.entries(profiles).flatMap(([name, { board, architecture, encryption }]) => {
    if (board !== "raspberry-pi-4") return [];
    const mistakes: Mistake[] = [];
    if (architecture !== "aarch64") {
      const message = `found ${architecture}, and a Raspberry Pi 4 is aarch64. Write aarch64.`;
      mistakes.push(source.mistake(["profiles", name, "architecture"], message));
    }
    if (encryption !== undefined) {
      const message = "a Raspberry Pi 4 has no TPM to store the key. Delete this line.";
      mistakes.push(source.keyMistake(["profiles", name, "encryption"], message));
    }
    return mistakes;
  });
}

function mirrorMistakes(source: Source, { sites }: FleetInput): Mistake[] {
  return Object.entries(sites).flatMap(([name, { mirror }]) => {
    const path = ["sites", name, "mirror"];
    // As written: an invalid URL is not missing as well.
    const written = mirror === undefined ? {} : (valueAt(source.value, path) as object);
    if (mirror === undefined || "url" in written) return [];
    if ("imagesSha256" in written) {
      const message = `"url" is missing: the images are downloaded from there. Write it, or delete this line.`;
      return [source.keyMistake([...path, "imagesSha256"], message)];
    }
    const misspelled = ["url", "registry"].some((key) => isMisspelled(source, path, key));
    if ("registry" in written || misspelled) return [];
    const message = `this mirror is empty. Write "url" (K3s releases) or "registry".`;
    return [source.keyMistake(path, message)];
  });
}

/** A device without the image archive of its architecture would wait for the internet forever. */
function archiveMistakes(source: Source, devices: readonly DeclaredDevice[]): Mistake[] {
  const reported = new Set<string>();
  return devices.flatMap(({ name, site, profile: { architecture } }) => {
    const hashes = site.mirror?.imagesSha256 ?? {};
    const path = ["sites", site.name, "mirror", "imagesSha256"];
    const written = Object.keys((valueAt(source.value, path) ?? {}) as object);
    const key = `${site.name} ${architecture}`;
    if (Object.keys(hashes).length === 0 || written.includes(architecture) || reported.has(key)) {
      return [];
    }
    reported.add(key);
    const message = `the hash for ${architecture} is missing, and ${name} is ${architecture}. Write ${architecture}.`;
    return [source.keyMistake(path, message)];
  });
}
