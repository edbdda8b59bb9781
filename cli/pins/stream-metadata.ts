/**
 * Fedora CoreOS' stream metadata: which build a stream offers today, as JSON. The format is that of
 * https://builds.coreos.fedoraproject.org/streams/stable.json; read is what Flotilla pins, and of
 * that everything is checked.
 */
import { z } from "zod";
import { check, inOrder } from "../../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { architectures, type Architecture } from "../../fleet/model/device.ts";
import { parseSource, type Source } from "../../fleet/grammar/source.ts";
import type { Pins } from "../../fleet/model/pins.ts";

/** Where Fedora says what a stream offers. */
export function streamUrl(stream: string): string {
  return `https://builds.coreos.fedoraproject.org/streams/${stream}.json`;
}

const disk = z.object({
  location: z.string(),
  signature: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, {
    error: "this is not a valid SHA-256: expected 64 lower-case hexadecimal digits.",
  }),
});
const architecture = z.object({
  artifacts: z.object({
    metal: z.object({
      release: z.string().regex(/^\d+\.\d{8}\.\d+\.\d+$/, {
        error: "this is not a release of Fedora CoreOS, such as 44.20260707.3.1.",
      }),
      formats: z.object({ iso: z.object({ disk }) }),
    }),
  }),
});
const metadata = z.object({
  stream: z.string(),
  architectures: z.object({ x86_64: architecture, aarch64: architecture }),
});
type Metadata = z.output<typeof metadata>;

/**
 * The build that the metadata offers.
 *
 * @param place the metadata's URL, for messages
 * @throws InputError with everything in it that is not as expected
 */
export function coreosPins(place: string, text: string, stream: string): Pins["coreos"] {
  const source = parseSource(place, text);
  const found = check(source, metadata);
  const mistakes = [...streamMistakes(source, found, stream), ...isoMistakes(source, found)];
  if (mistakes.length > 0) throw new InputError(inOrder(mistakes));
  const { x86_64, aarch64 } = found.architectures;
  const iso = ({ artifacts }: Metadata["architectures"]["x86_64"]) => {
    const { location, sha256 } = artifacts.metal.formats.iso.disk;
    return { url: location, sha256 };
  };
  const { release } = x86_64.artifacts.metal;
  return { stream, release, iso: { x86_64: iso(x86_64), aarch64: iso(aarch64) } };
}

/** @throws OperationError if release, names and hashes do not belong together */
export function coreosPinsOf(
  stream: string,
  release: string,
  iso: Pins["coreos"]["iso"],
): Pins["coreos"] {
  for (const name of architectures) {
    const { url, sha256 } = iso[name];
    if (!isIsoOf(url, release, name) || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new OperationError(
        `${url}: this is not the ISO of Fedora CoreOS ${release} for ${name}`,
      );
    }
  }
  return { stream, release, iso };
}

/** Whether the URL's file, and every release and architecture in it, are the expected ones. */
function isIsoOf(url: string, release: string, machine: Architecture): boolean {
  if (!URL.canParse(url)) return false;
  const { pathname } = new URL(url);
  const names = ["live-iso", "live"].map(
    (kind) => `fedora-coreos-${release}-${kind}.${machine}.iso`,
  );
  const releases = pathname.match(/\d+\.\d{8}\.\d+\.\d+/g) ?? [];
  const machines = pathname.match(/x86_64|aarch64|ppc64le|s390x/g) ?? [];
  return (
    names.includes(pathname.split("/").at(-1) ?? "") &&
    releases.every((found) => found === release) &&
    machines.every((found) => found === machine)
  );
}

function streamMistakes(source: Source, found: Metadata, stream: string): Mistake[] {
  const mistakes: Mistake[] = [];
  if (found.stream !== stream) {
    const message = `this is the stream "${found.stream}", and you asked for "${stream}". Choose one: --stream ${found.stream}`;
    mistakes.push(source.mistake(["stream"], message));
  }
  const [first, second] = architectures.map(
    (name) => found.architectures[name].artifacts.metal.release,
  );
  if (first !== second) {
    const path = ["architectures", "aarch64", "artifacts", "metal", "release"];
    const message = `x86_64 is at ${first}, and aarch64 at ${second}: the release is not out for both yet. Try again in an hour.`;
    mistakes.push(source.mistake(path, message));
  }
  return mistakes;
}

/** Whether both architectures have the same release; if not, that is reported. */
function isOut({ architectures: { x86_64, aarch64 } }: Metadata): boolean {
  return x86_64.artifacts.metal.release === aarch64.artifacts.metal.release;
}

function isoMistakes(source: Source, found: Metadata): Mistake[] {
  return architectures.flatMap((name) => {
    const { release, formats } = found.architectures[name].artifacts.metal;
    const { location, signature } = formats.iso.disk;
    const above = ["architectures", name, "artifacts", "metal", "formats", "iso", "disk"];
    const mistakes: Mistake[] = [];
    if (!URL.canParse(location) || !/^https:.*\.iso$/.test(location)) {
      const message = `found ${JSON.stringify(location)}, which is not an https URL of an ISO.`;
      mistakes.push(source.mistake([...above, "location"], message));
    } else if (isOut(found) && !isIsoOf(location, release, name)) {
      const message = `found ${JSON.stringify(location)}, which does not belong to the release ${release} for ${name}.`;
      mistakes.push(source.mistake([...above, "location"], message));
    }
    // So the lock need not hold it.
    if (signature !== `${location}.sig`) {
      const message = `found ${JSON.stringify(signature)}; expected the location followed by .sig.`;
      mistakes.push(source.mistake([...above, "signature"], message));
    }
    return mistakes;
  });
}
