/**
 * Makes an archive of OCI images for `ctr images import` from folders of files. It has the OCI Image Layout,
 * with uncompressed layers, as nothing is sent anywhere. A layer of several images is in it once.
 *
 * An image gets the name with which a kubelet requests it from containerd. If a manifest pins a digest, that
 * is `NAME@sha256:…` without the tag. containerd accepts that name from the archive: it compares digests only
 * when it pulls, and nothing is pulled here. So a stand-in has exactly the name of what it replaces, and
 * after a change of the tag or digest in a manifest no image has the new name.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../processes.ts";

export interface OciImage {
  /** The name in a manifest: `ghcr.io/wg-easy/wg-easy:15.4.0@sha256:…`. */
  readonly reference: string;
  /** Files that make the archive's `layer` calls, the lowest first. */
  readonly layers: readonly Layer[];
  /** The image's own `User`, `Entrypoint`, `Cmd`, `WorkingDir`, `Env`. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Layer {
  /** sha256 of its tar archive. */
  readonly digest: string;
  readonly size: number;
}

export interface OciArchive {
  /** Adds a folder's files, which all belong to root or to `owner` (`100:101`). */
  layer(root: string, owner?: string): Promise<Layer>;
  /** Writes the archive. */
  write(images: readonly OciImage[], path: string): Promise<void>;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const media = (kind: string) => `application/vnd.oci.image.${kind}`;

/** @param folder for the blobs */
export function ociArchive(folder: string): OciArchive {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, content: object): Descriptor => {
    const data = JSON.stringify(content);
    const digest = createHash("sha256").update(data).digest("hex");
    writeFileSync(join(blobs, digest), data);
    return { mediaType, digest: `sha256:${digest}`, size: data.length };
  };
  return {
    layer: async (root, owner = "0:0") => {
      const [user = "", group = ""] = owner.split(":");
      const tar = join(folder, "layer.tar");
      const how = ["--sort=name", "--mtime=@0", "--numeric-owner"];
      const whose = [`--owner=${user}`, `--group=${group}`];
      await run(["tar", "--create", `--file=${tar}`, `--directory=${root}`, ...how, ...whose, "."]);
      const digest = createHash("sha256").update(readFileSync(tar)).digest("hex");
      renameSync(tar, join(blobs, digest));
      return { digest: `sha256:${digest}`, size: statSync(join(blobs, digest)).size };
    },
    write: async (images, path) => {
      const manifests = images.map((image) => ({
        ...manifestOf(image, put),
        annotations: { "io.containerd.image.name": nameOf(image.reference) },
      }));
      writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
      writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
      const content = ["oci-layout", "index.json", "blobs"];
      await run(["tar", "--create", `--file=${path}`, `--directory=${folder}`, ...content]);
    },
  };
}

function manifestOf(
  { layers, config }: OciImage,
  put: (mediaType: string, content: object) => Descriptor,
): Descriptor {
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return put(media("manifest.v1+json"), {
    schemaVersion: 2,
    mediaType: media("manifest.v1+json"),
    config: put(media("config.v1+json"), {
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Env: [`PATH=${path}`], ...config },
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    }),
    layers: layers.map((layer) => ({ mediaType: media("layer.v1.tar"), ...layer })),
  });
}

/** The name that containerd looks for: a digest replaces the tag. */
export function nameOf(reference: string): string {
  const [tagged = "", digest] = reference.split("@");
  return digest === undefined ? tagged : `${tagged.replace(/:[^:/]*$/, "")}@${digest}`;
}

/** `ghcr.io/wg-easy/wg-easy:15.4.0@sha256:…` → `ghcr.io/wg-easy/wg-easy` */
export function repositoryOf(reference: string): string {
  return (reference.split("@")[0] ?? "").replace(/:[^:/]*$/, "");
}
