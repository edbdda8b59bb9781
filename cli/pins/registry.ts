/** A registry's API (OCI distribution specification 1.1). What it says about digests is not trusted. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import type { SmallReply } from "../media/download/transfer.ts";
import { ask, isWebPage, parseJson, webPage, type Asking } from "./source.ts";

const manifestSizeMax = 4 * 1024 ** 2;
const tokenSizeMax = 64 * 1024;
const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** A repository in a registry. */
export interface RegistryPlace {
  /** Host and port. */
  readonly registry: string;
  /** The repository's name there. */
  readonly name: string;
  /** What is in it, for messages: `an image`. */
  readonly what: string;
}

export interface Manifest {
  readonly url: string;
  readonly json: unknown;
  /** `sha256:` and the SHA-256 of its bytes. */
  readonly digest: string;
}

/**
 * @param types media types that are accepted
 * @throws OperationError if the registry does not say, or contradicts itself
 */
export async function manifestAt(
  place: RegistryPlace,
  tag: string,
  types: readonly string[],
  asking: Asking,
): Promise<Manifest> {
  const { registry, name, what } = place;
  const expected = `the manifest of ${what}`;
  const url = `${originOf(registry)}/v2/${name}/manifests/${tag}`;
  const shown = `${registry}/${name}:${tag}`;
  const { headers, bytes } = await replyOf(place, url, shown, types, expected, asking);
  const json = parseJson(url, expected, bytes.toString("utf8"));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const promised = headers.get("docker-content-digest") ?? digest;
  if (promised !== digest) {
    throw new OperationError(`${url}: the manifest is not what the registry says`, {
      details: [`  expected ${promised}`, `  found    ${digest}`],
    });
  }
  return { url, json, digest };
}

const tagsSchema = z.object({ tags: z.array(z.string()).nullable() });

/** A registry gives at least some hundred tags a page. */
const tagPagesMax = 100;

/** @throws OperationError if the registry does not say */
export async function tagsOf(place: RegistryPlace, asking: Asking): Promise<readonly string[]> {
  const { registry, name } = place;
  const list = `${originOf(registry)}/v2/${name}/tags/list`;
  const tags: string[] = [];
  let query: string | undefined = "?n=1000";
  for (let page = 0; query !== undefined; page++) {
    if (page === tagPagesMax) throw new OperationError(`${list}: the list of tags does not end`);
    const url: string = `${list}${query}`;
    const expected = "the list of tags";
    const { headers, bytes } = await replyOf(
      place,
      url,
      `${registry}/${name}`,
      [],
      expected,
      asking,
    );
    const parsed = tagsSchema.safeParse(parseJson(url, expected, bytes.toString("utf8")));
    if (!parsed.success) throw new OperationError(`${url}: this is not a list of tags`);
    tags.push(...(parsed.data.tags ?? []));
    // Only what follows the path of the next page: a registry does not send the token elsewhere.
    query = /<[^>?]*(\?[^>]*)>\s*;\s*rel="?next"?/i.exec(headers.get("link") ?? "")?.[1];
  }
  return tags;
}

async function replyOf(
  { name, what }: RegistryPlace,
  url: string,
  shown: string,
  types: readonly string[],
  expected: string,
  asking: Asking,
): Promise<SmallReply> {
  const accept = types.length === 0 ? "application/json" : types.join(", ");
  const reply = await authorized(url, accept, `repository:${name}:pull`, asking);
  const { status, bytes } = reply;
  if (status === 404) {
    const noun = what.replace(/^an? /, "");
    throw new OperationError(`${shown}: the registry has no such ${noun} (${url})`);
  }
  if (status === 401 || status === 403) {
    throw new OperationError(`${shown}: the registry requires a login (${url} answers ${status})`);
  }
  if (status !== 200) throw new OperationError(`${url} answers ${status}`);
  if (isWebPage(bytes)) throw new OperationError(webPage(url, expected));
  return reply;
}

/** Docker Hub's API is at another name than its images. */
function originOf(registry: string): string {
  if (registry === "docker.io") return "https://registry-1.docker.io";
  const isLoopback = /^(127\.0\.0\.1|localhost)(:|$)/.test(registry);
  return `${isLoopback ? "http" : "https"}://${registry}`;
}

/** With a token for everybody, if the registry asks for one. */
async function authorized(
  url: string,
  accept: string,
  scope: string,
  asking: Asking,
): Promise<SmallReply> {
  const headers = { accept };
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
