/** `storage.trees`: folders beside the configuration. Their files become files of the device. */
import { encodeContents } from "./data-url.ts";
import { joinPath } from "./go.ts";
import type { Json, JsonObject } from "./json.ts";
import { localPath } from "./local-contents.ts";
import {
  type LocalFile,
  LocalFileError,
  type LocalFiles,
  noFolderMessage,
} from "../../fleet/model/local-files.ts";
import type { Path } from "./node.ts";
import type { Origins } from "./origins.ts";
import { type Fields, listIn } from "./source-checks.ts";

type Kind = "directories" | "files" | "links";

export interface TreeContext {
  readonly files: LocalFiles;
  readonly origins: Origins;
  readonly refuse: (path: Path, message: string) => void;
}

/** The storage section with the trees in it. */
export function withTrees(storage: JsonObject, source: Fields, context: TreeContext): JsonObject {
  const trees = listIn(source, "trees");
  if (trees.length === 0) return storage;
  const nodes = new Nodes(storage);
  for (const [index, tree] of trees.entries()) {
    const path = ["storage", "trees", index];
    if (context.files.folder === "") {
      context.refuse(path, noFolderMessage);
      break;
    }
    new Tree(tree, path, nodes, context).add();
  }
  return nodes.storage();
}

/** The files, directories and links of the configuration, by path. */
export class Nodes {
  readonly #storage: JsonObject;
  readonly #lists: Record<Kind, Record<string, Json>[]>;
  readonly #known: Record<Kind, Map<string, Record<string, Json>>>;

  constructor(storage: JsonObject) {
    this.#storage = storage;
    const list = (kind: Kind) => [...((storage[kind] ?? []) as unknown as Record<string, Json>[])];
    this.#lists = { directories: list("directories"), files: list("files"), links: list("links") };
    const known = (kind: Kind) =>
      new Map(this.#lists[kind].map((node) => [String(node["path"]), node]));
    this.#known = {
      directories: known("directories"),
      files: known("files"),
      links: known("links"),
    };
  }

  get(kind: Kind, path: string): Record<string, Json> | undefined {
    return this.#known[kind].get(path);
  }

  has(path: string): boolean {
    return Object.values(this.#known).some((nodes) => nodes.has(path));
  }

  add(kind: Kind, node: Record<string, Json>): void {
    this.#lists[kind].push(node);
    this.#known[kind].set(String(node["path"]), node);
  }

  /** In Ignition's order. */
  storage(): JsonObject {
    const names = ["directories", "disks", "files", "filesystems", "links", "luks", "raid"];
    const merged: Readonly<Record<string, Json | undefined>> = { ...this.#storage, ...this.#lists };
    const filled = names.flatMap((name) => {
      const list = merged[name] as readonly Json[] | undefined;
      return list !== undefined && list.length > 0 ? [[name, list] as const] : [];
    });
    return Object.fromEntries(filled);
  }
}

export const nodeExists = "matching filesystem node has existing contents or different type";
const modeOfFile = 0o644;
const modeOfProgram = 0o755;
const modeOfFolder = 0o755;

class Tree {
  readonly #tree: Fields;
  readonly #path: Path;
  readonly #nodes: Nodes;
  readonly #context: TreeContext;

  constructor(tree: Fields, path: Path, nodes: Nodes, context: TreeContext) {
    this.#tree = tree;
    this.#path = path;
    this.#nodes = nodes;
    this.#context = context;
  }

  add(): void {
    const { files } = this.#context;
    this.#attempt(() => {
      const root = localPath(files, String(this.#tree["local"] ?? ""));
      if (files.inspect(root, true).type !== "folder") {
        this.#refuse("root of tree must be a directory");
        return;
      }
      const { path } = this.#tree;
      this.#walk(root, typeof path === "string" && path !== "" ? path : "/", "");
    });
  }

  /** Continues after a file that cannot be read, so that all errors are reported at once. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof LocalFileError)) throw error;
      this.#refuse(error.message);
    }
  }

  #refuse(message: string): void {
    this.#context.refuse(this.#path, message);
  }

  #walk(source: string, base: string, inside: string): void {
    const { files } = this.#context;
    const target = joinPath(base, inside === "" ? "." : inside);
    const entry = files.inspect(source, false);
    if (entry.type === "file") this.#addFile(source, target, entry);
    else if (entry.type === "link") this.#addLink(source, target);
    else if (entry.type === "other") {
      this.#refuse("trees may only contain files, directories, and symlinks");
    } else {
      this.#addFolder(target);
      for (const name of files.list(source)) {
        this.#attempt(() => this.#walk(joinPath(source, name), base, joinPath(inside, name)));
      }
    }
  }

  #addFolder(path: string): void {
    const { dir_mode: mode } = this.#tree;
    const owner = this.#owner();
    if (mode === undefined && owner.isEmpty) return;
    if (this.#nodes.has(path)) this.#refuse(nodeExists);
    else this.#add("directories", path, { mode: (mode as number | undefined) ?? modeOfFolder });
  }

  #addFile(source: string, path: string, { mode }: LocalFile): void {
    const known = this.#nodes.get("files", path);
    const contents = (known?.["contents"] ?? {}) as JsonObject;
    const isTaken = known === undefined ? this.#nodes.has(path) : isFilled(contents["source"]);
    if (isTaken) {
      this.#refuse(nodeExists);
      return;
    }
    const file = known ?? this.#add("files", path, {});
    const bytes = Buffer.from(this.#context.files.read(source));
    const compressed = isFilled(contents["compression"]);
    const encoded = encodeContents(bytes, !compressed);
    const compression = compressed ? {} : { compression: encoded.gzipped ? "gzip" : "" };
    file["contents"] = ordered({ ...contents, ...compression, source: encoded.source });
    if (file["mode"] === undefined) {
      const ownMode = (mode & 0o111) !== 0 ? modeOfProgram : modeOfFile;
      file["mode"] = (this.#tree["file_mode"] as number | undefined) ?? ownMode;
    } else {
      // Set again, so that it stays after the contents.
      const { mode: written } = file;
      delete file["mode"];
      file["mode"] = written as Json;
    }
    if (known === undefined) return;
    this.#context.origins.set(file, { fields: { contents: { path: this.#path, whole: true } } });
  }

  #addLink(source: string, path: string): void {
    const known = this.#nodes.get("links", path);
    const isTaken = known === undefined ? this.#nodes.has(path) : isFilled(known["target"]);
    if (isTaken) {
      this.#refuse(nodeExists);
      return;
    }
    const link = known ?? this.#add("links", path, {});
    link["target"] = this.#context.files.target(source);
  }

  #add(kind: Kind, path: string, fields: Record<string, Json>): Record<string, Json> {
    const { group, user } = this.#owner();
    const node: Record<string, Json> = { ...group, path, ...user, ...fields };
    this.#context.origins.set(node, { path: this.#path, whole: true });
    this.#nodes.add(kind, node);
    return node;
  }

  #owner(): { group: JsonObject; user: JsonObject; isEmpty: boolean } {
    const given = (name: string): JsonObject => {
      const { id, name: word } = (this.#tree[name] ?? {}) as Record<string, Json>;
      const value = { ...(id !== undefined && { id }), ...(word !== undefined && { name: word }) };
      return Object.keys(value).length === 0 ? {} : { [name]: value };
    };
    const [group, user] = [given("group"), given("user")];
    return { group, user, isEmpty: Object.keys({ ...group, ...user }).length === 0 };
  }
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** The fields of a resource in Ignition's order. */
function ordered(resource: Readonly<Record<string, Json | undefined>>): JsonObject {
  const names = ["compression", "httpHeaders", "source", "verification"];
  return Object.fromEntries(
    names.flatMap((name) => (resource[name] === undefined ? [] : [[name, resource[name]]])),
  ) as JsonObject;
}
