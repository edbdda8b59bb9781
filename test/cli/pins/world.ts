/** A registry, a chart repository and K3s' release pages on loopback, and a fleet that is pinned to them. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { flotilla, type Run } from "../command-line.ts";
import { file, serve, type Answer, type Origin } from "../media/download/loopback.ts";
import { temporaryFolder } from "../temporary.ts";

export const sha256 = (bytes: string | Uint8Array) =>
  createHash("sha256").update(bytes).digest("hex");
export const text = (value: unknown) =>
  file(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

export interface LockText {
  pins: {
    k3s: {
      version: string;
      binary: Record<string, { url: string; sha256: string }>;
      upgrades?: Record<string, { binary: Record<string, string>; image?: string }>;
    };
    coreos: unknown;
    charts: Record<string, { repository: string; version: string; digest?: string }>;
    images: Record<string, string>;
  };
}

export interface Project {
  readonly folder: string;
  readonly lock: () => LockText;
  readonly text: () => string;
  readonly pin: (...args: string[]) => Promise<Run>;
}

/** A fleet whose lock `change` points at servers of the test. */
export async function project(change: (lock: LockText) => void, fleet = ""): Promise<Project> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const { code, err } = await flotilla(folder, ["synth"]);
  expect(code, err).toBe(0);
  const path = join(folder, "fleet.lock.yaml");
  const readText = () => readFileSync(path, "utf8");
  const lock = () => parse(readText()) as LockText;
  const changed = lock();
  change(changed);
  writeFileSync(path, stringify(changed));
  const fleetFile = join(folder, "fleet.yaml");
  writeFileSync(fleetFile, `${readFileSync(fleetFile, "utf8")}\n${fleet}`);
  const pin = (...args: string[]) => flotilla(folder, ["pin", ...args]);
  return { folder, lock, text: readText, pin };
}

/** The index of an image for two architectures. */
export const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [{ digest: `sha256:${"1".repeat(64)}`, platform: { architecture: "amd64" } }],
});

export const hostOf = ({ url }: Origin) => url.slice("http://".length);

/** A registry with one image, `app:1`; `answer` gives its manifest. */
export async function registry(
  answer: Answer | readonly Answer[] = withDigest(manifest),
  more: Readonly<Record<string, Answer>> = {},
): Promise<Origin> {
  return serve({ "/v2/team/app/manifests/1": answer, ...more });
}

export function withDigest(body: string, digest = `sha256:${sha256(body)}`): Answer {
  return (_request, response) =>
    void response.writeHead(200, { "docker-content-digest": digest }).end(body);
}
