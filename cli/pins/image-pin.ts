/**
 * Container images: the digest of a tag, by the registry's API (OCI distribution specification 1.1).
 * The digest is that of the index of all architectures, and it is computed here, not believed.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { imagePattern } from "../../fleet/model/pins.ts";
import type { SmallReply } from "../media/download/transfer.ts";
import { ask, isWebPage, parseJson, webPage, type Asking } from "./source.ts";

const manifestSizeMax = 4 * 1024 ** 2;
const tokenSizeMax = 64 * 1024;
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
const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

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
  const url = `${originOf(registry)}/v2/${name}/manifests/${wanted}`;
  const { status, headers, bytes } = await authorized(url, `repository:${name}:pull`, asking);
  const shown = `${registry}/${name}:${wanted}`;
  if (status === 404) throw new OperationError(`${shown}: the registry has no such image (${url})`);
  if (status === 401 || status === 403) {
    throw new OperationError(`${shown}: the registry asks for a login (${url} answers ${status})`);
  }
  if (status !== 200) throw new OperationError(`${url} answers ${status}`);
  if (isWebPage(bytes)) throw new OperationError(webPage(url, "the manifest of an image"));
  const manifest = manifestSchema.safeParse(
    parseJson(url, "the manifest of an image", bytes.toString("utf8")),
  );
  if (!manifest.success) throw new OperationError(`${url}: this is not a manifest of an image`);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const promised = headers.get("docker-content-digest") ?? digest;
  if (promised !== digest) {
    throw new OperationError(
      `${url}: the manifest is not what the registry says\n` +
        `  expected ${promised}\n  found    ${digest}`,
    );
  }
  return `${shown}@${digest}`;
}

/** Docker Hub's API is at another name than its images. */
function originOf(registry: string): string {
  if (registry === "docker.io") return "https://registry-1.docker.io";
  const isLoopback = /^(127\.0\.0\.1|localhost)(:|$)/.test(registry);
  return `${isLoopback ? "http" : "https"}://${registry}`;
}

/** With a token for everybody, if the registry asks for one. */
async function authorized(url: string, scope: string, asking: Asking): Promise<SmallReply> {
  const headers = { accept: manifestTypes.join(", ") };
  const first = await ask(url, headers, manifestSizeMax, asking);
  if (first.status !== 401) return first;
  const challenge = first.headers.get("www-authenticate") ?? "";
  const parameter = (name: string) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = parameter("realm");
  if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) return first;
  const place = new URL(realm);
  const service = parameter("service");
  if (service !== undefined) place.searchParams.set("service", service);
  place.searchParams.set("scope", scope);
  const { status, bytes } = await ask(place.href, {}, tokenSizeMax, asking);
  if (status !== 200)
    throw new OperationError(`${place.origin}${place.pathname} answers ${status}`);
  const what = "the registry's token";
  const found = tokenSchema.safeParse(parseJson(realm, what, bytes.toString("utf8"))).data;
  const token = found?.token ?? found?.access_token;
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw new OperationError(`${realm}: ${what} is missing`);
  }
  return ask(url, { ...headers, authorization: `Bearer ${token}` }, manifestSizeMax, asking);
}
