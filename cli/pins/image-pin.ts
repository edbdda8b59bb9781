/**
 * Container images: the digest of a tag, by the registry's API (OCI distribution specification 1.1).
 * The digest is that of the index of all architectures, and it is computed here, not believed.
 */
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { imagePattern } from "../../fleet/model/pins.ts";
import { manifestAt } from "./registry.ts";
import type { Asking } from "./source.ts";

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const manifestSchema = z
  .object({
    schemaVersion: z.literal(2),
    mediaType: z.enum(manifestTypes).optional(),
    manifests: z.array(z.object({ digest: z.string() })).optional(),
    config: z.object({ digest: z.string() }).optional(),
  })
  .refine(({ manifests, config }) => manifests !== undefined || config !== undefined);

/**
 * The image with the digest that its tag has now.
 *
 * @param image `registry/name:tag`, with or without a digest
 * @param tag @default its own
 * @throws OperationError if the registry does not say, or contradicts itself
 */
export async function imagePin(
  image: string,
  tag: string | undefined,
  asking: Asking,
): Promise<string> {
  const [, registry = "", name = "", ownTag = ""] = imagePattern.exec(image) ?? [];
  if (registry === "") throw new OperationError(`${JSON.stringify(image)} is not a valid image`);
  const wanted = tag ?? ownTag;
  if (!imagePattern.test(`${registry}/${name}:${wanted}`)) {
    throw new OperationError(`${JSON.stringify(wanted)} is not a valid tag of an image`);
  }
  const place = { registry, name, what: "an image" };
  const { url, json, digest } = await manifestAt(place, wanted, manifestTypes, asking);
  if (!manifestSchema.safeParse(json).success) {
    throw new OperationError(`${url}: this is not a manifest of an image`);
  }
  return `${registry}/${name}:${wanted}@${digest}`;
}
