/** `systemd.quadlets`: writes the files and links from which Podman makes units for containers. */
import { isFilled } from "./checks.ts";
import { encodeContents } from "./data-url.ts";
import { joinPath } from "./go.ts";
import type { JsonObject } from "./json.ts";
import { readLocal } from "./local-contents.ts";
import { LocalFileError } from "../../fleet/model/local-files.ts";
import type { Path } from "./node.ts";
import { type Fields, listIn, type SourceCheck } from "./source-checks.ts";
import { nodeExists, Nodes, type TreeContext } from "./trees.ts";

const extensions = /\.(?:container|volume|network|kube|image|build|pod|artifact)$/;

/** `a@.container` for `a@b.container`, which becomes a link to it. */
function templateOf(name: string): string | undefined {
  const at = name.indexOf("@");
  const dot = name.lastIndexOf(".");
  return at < 0 || dot < 0 || at + 1 === dot
    ? undefined
    : `${name.slice(0, at)}@${name.slice(dot)}`;
}

export const checkQuadlet: SourceCheck = (quadlet, find) => {
  const name = String(quadlet["name"] ?? "");
  if (!extensions.test(name)) {
    const known = ".container, .volume, .network, .kube, .image, .build, .pod, or .artifact";
    find(["name"], `unsupported file extension for quadlet: must be one of ${known}`);
    return;
  }
  const given = ["contents", "contents_local"].filter((field) => quadlet[field] !== undefined);
  if (templateOf(name) !== undefined) {
    const message = "template instances cannot have contents or contents_local";
    for (const field of given) find([field], message);
  } else if (given.length > 1) {
    find(["contents_local"], "only one of the following can be set: contents, contents_local");
  }
};

/** The storage section with the files of the quadlets in it. */
export function withQuadlets(
  storage: JsonObject,
  systemd: Fields,
  context: TreeContext,
): JsonObject {
  const nodes = new Nodes(storage);
  listIn(systemd, "quadlets").forEach((quadlet, index) => {
    const at = ["systemd", "quadlets", index];
    const name = String(quadlet["name"] ?? "");
    const folder = `/etc/containers/systemd${quadlet["rootful"] === true ? "" : "/users"}`;
    const path = joinPath(folder, name);
    const target = templateOf(name);
    if (target === undefined) addFile(path, quadlet, at, nodes, context);
    else if (nodes.has(path)) context.refuse(at, nodeExists);
    else {
      const link = { path, target };
      context.origins.set(link, { path: at, whole: true });
      nodes.add("links", link);
    }
    listIn(quadlet, "dropins").forEach((dropin, number) => {
      const inside = `${path}.d/${String(dropin["name"] ?? "")}`;
      addFile(inside, dropin, [...at, "dropins", number], nodes, context);
    });
  });
  return nodes.storage();
}

function addFile(
  path: string,
  { contents, contents_local: local }: Fields,
  at: Path,
  nodes: Nodes,
  context: TreeContext,
): void {
  if (nodes.has(path)) {
    context.refuse(at, nodeExists);
    return;
  }
  const bytes = contentsOf(contents, local, at, context);
  if (bytes === undefined) return;
  const { source, gzipped } = encodeContents(bytes, true);
  const file = {
    path,
    contents: { compression: gzipped ? "gzip" : "", source },
    mode: modeOfFile,
  };
  context.origins.set(file, { path: at, whole: true });
  nodes.add("files", file);
}

const modeOfFile = 0o644;

function contentsOf(
  contents: unknown,
  local: unknown,
  at: Path,
  { files, refuse }: TreeContext,
): string | Buffer | undefined {
  if (!isFilled(local)) return isFilled(contents) ? contents : "";
  try {
    return readLocal(files, local);
  } catch (error) {
    if (!(error instanceof LocalFileError)) throw error;
    refuse([...at, "contents_local"], error.message);
    return undefined;
  }
}
