/** What a machine can't do, and what a mirror lacks for the machines that use it. */
import { isMisspelt, valueAt } from "../grammar/check.ts";
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
      const message = "a Raspberry Pi 4 has no TPM that could keep the key. Delete this line.";
      mistakes.push(source.keyMistake(["profiles", name, "encryption"], message));
    }
    return mistakes;
  });
}

function mirrorMistakes(source: Source, { sites }: FleetInput): Mistake[] {
  return Object.entries(sites).flatMap(([name, { mirror }]) => {
    const path = ["sites", name, "mirror"];
    // As written: a URL that is unsound is not missing as well.
    const written = mirror === undefined ? {} : (valueAt(source.value, path) as object);
    if (mirror === undefined || "url" in written) return [];
    if ("imagesSha256" in written) {
      const message = `"url" is missing, below which the images stand. Write it, or delete this.`;
      return [source.keyMistake([...path, "imagesSha256"], message)];
    }
    const misspelt = ["url", "registry"].some((key) => isMisspelt(source, path, key));
    if ("registry" in written || misspelt) return [];
    const message = `there is no mirror in here. Write "url" (of K3s' releases) or "registry".`;
    return [source.keyMistake(path, message)];
  });
}

/** A device without the archive that its neighbours have would wait for the internet for ever. */
function archiveMistakes(source: Source, devices: readonly DeclaredDevice[]): Mistake[] {
  const told = new Set<string>();
  return devices.flatMap(({ name, site, profile: { architecture } }) => {
    const hashes = site.mirror?.imagesSha256 ?? {};
    const path = ["sites", site.name, "mirror", "imagesSha256"];
    const written = Object.keys((valueAt(source.value, path) ?? {}) as object);
    const key = `${site.name} ${architecture}`;
    if (Object.keys(hashes).length === 0 || written.includes(architecture) || told.has(key)) {
      return [];
    }
    told.add(key);
    const message = `${name} is ${architecture}, and there is no hash of its images here. Write ${architecture}.`;
    return [source.keyMistake(path, message)];
  });
}
