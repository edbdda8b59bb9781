/** Fedora CoreOS: the build that a stream offers today, or one of its earlier builds by name. */
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { architectures, type Architecture } from "../../fleet/model/device.ts";
import type { Artifact, Pins } from "../../fleet/model/pins.ts";
import { coreosPins, coreosPinsOf, streamUrl } from "./stream-metadata.ts";
import { parseJson, textAt, type Asking } from "./source.ts";
import { compareVersions } from "./versions.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface CoreosWish {
  /** @default the stream that the lock names */
  readonly stream: string | undefined;
  /** @default Fedora's own */
  readonly streamUrl: string | undefined;
  /** A release of the stream. @default the one that the stream offers today */
  readonly to: string | undefined;
}

/** The metadata has about 150 KB. */
const metadataSizeMax = 4 * 1024 * 1024;

/**
 * @throws InputError for mistakes in the metadata; OperationError if there is none, or if it offers
 *   an older release than the lock's, or other bytes of the same
 */
export async function coreosPin(
  old: Pins["coreos"],
  wish: CoreosWish,
  asking: Asking,
): Promise<Pins["coreos"]> {
  if (wish.to !== undefined && !/^\d+\.\d{8}\.\d+\.\d+$/.test(wish.to)) {
    throw new OperationError(
      `${JSON.stringify(wish.to)} is not a valid release of Fedora CoreOS. Write one like 44.20260707.3.1`,
    );
  }
  const stream = wish.stream ?? old.stream;
  const url = wish.streamUrl ?? streamUrl(stream);
  const what = "the metadata of a stream (stable, testing or next)";
  const text = await textAt(url, what, metadataSizeMax, asking);
  const offered = coreosPins(url, text, stream);
  if (wish.to !== undefined && wish.to !== offered.release) {
    return refuseOther(old, await earlierBuild(old, stream, wish.to, asking));
  }
  const isOlder = stream === old.stream && compareVersions(offered.release, old.release) < 0;
  if (isOlder && wish.to === undefined) {
    throw new OperationError(
      `${url}: it offers ${offered.release}, which is older than ${old.release} in the lock. The metadata is not signed, so this may be an attack or a mirror that is behind. ` +
        `To pin it anyway: ${flotillaCommand("pin")} --only coreos --to ${offered.release}`,
    );
  }
  return refuseOther(old, offered);
}

/** A release has one ISO for each architecture, for ever. */
function refuseOther(old: Pins["coreos"], found: Pins["coreos"]): Pins["coreos"] {
  for (const architecture of architectures) {
    const [pinned, now] = [old.iso[architecture].sha256, found.iso[architecture].sha256];
    if (old.release !== found.release || pinned === now) continue;
    throw new OperationError(
      `Fedora CoreOS ${found.release} has another sha256 for ${architecture} than the lock, and a release must never change`,
      { details: [`  pinned  ${pinned}`, `  found   ${now}`] },
    );
  }
  return found;
}

const buildSchema = z.object({
  buildid: z.string(),
  images: z.object({ "live-iso": z.object({ path: z.string(), sha256: z.string() }) }),
});

/** From the description of the build, in the folder where the lock's build is. */
async function earlierBuild(
  old: Pins["coreos"],
  stream: string,
  release: string,
  asking: Asking,
): Promise<Pins["coreos"]> {
  const artifacts: [Architecture, Artifact][] = [];
  for (const architecture of architectures) {
    const folder = old.iso[architecture].url
      .replace(/\/[^/]+\/[^/]+\/[^/]+$/, `/${release}/${architecture}`)
      .replace(`/streams/${old.stream}/`, `/streams/${stream}/`);
    const url = `${folder}/meta.json`;
    const what = `the description of Fedora CoreOS ${release}`;
    const text = await textAt(url, what, metadataSizeMax, asking);
    const found = buildSchema.safeParse(parseJson(url, what, text)).data;
    if (found?.buildid !== release) throw new OperationError(`${url}: this is not ${what}`);
    const { path, sha256 } = found.images["live-iso"];
    artifacts.push([architecture, { url: `${folder}/${path}`, sha256 }]);
  }
  return coreosPinsOf(stream, release, Object.fromEntries(artifacts) as Pins["coreos"]["iso"]);
}
