/**
 * What syntheses have made, by its inputs, so that the next one makes only what changed.
 *
 * A key is an HMAC of the inputs as values, of this Flotilla and of its texts, keyed with the publishing
 * key: so no secret can be guessed from it, and another root key finds nothing. The file is signed the
 * same way. One that is damaged, missing or of another Flotilla costs time only. It is in `dist`, beside
 * the folders of outputs, and has what the last run used.
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { installationFolder, installationManifest } from "../../fleet/files/installation.ts";
import { canonicalText } from "./canonical-text.ts";
import type { Remember } from "../../fleet/model/remember.ts";

export class SynthesisIndex {
  readonly #file: string;
  readonly #secret: Uint8Array | undefined;
  readonly #program: () => string | undefined;
  /** The key of both; null: nothing is remembered. */
  #signingKey: KeyObject | null | undefined;
  /** What the file has, from its first use on. */
  #known: ReadonlyMap<string, string> | undefined;
  readonly #used = new Map<string, string>();
  readonly #digests = new WeakMap<object, string>();

  /**
   * @param folder of all outputs
   * @param part of the synthesis: each has a file of its own
   * @param secret undefined without a key: nothing is remembered
   * @param program which Flotilla makes the results; undefined: nothing is remembered
   */
  constructor(
    folder: string,
    part: string,
    secret: Uint8Array | undefined,
    program: () => string | undefined = programId,
  ) {
    this.#file = join(folder, ".index", part);
    this.#secret = secret;
    this.#program = program;
  }

  /** Not made before it is used: most commands make nothing. */
  get #key(): KeyObject | null {
    if (this.#signingKey !== undefined) return this.#signingKey;
    const program = this.#secret === undefined ? undefined : this.#program();
    this.#signingKey =
      this.#secret === undefined || program === undefined
        ? null
        : createSecretKey(createHmac("sha256", this.#secret).update(program).digest());
    return this.#signingKey;
  }

  /**
   * The key of a result; undefined if nobody can tell what it depends on, as with functions.
   *
   * @param shared inputs that many results have: the same object each time
   */
  keyOf(kind: string, shared: object, inputs: unknown): string | undefined {
    if (this.#key === null) return undefined;
    const digest = this.#digests.get(shared) ?? this.#digestOf(shared);
    if (digest === undefined) return undefined;
    this.#digests.set(shared, digest);
    const contents = contentsOf(inputs);
    return contents && this.#sign(`${kind} ${digest} ${contents}`);
  }

  #digestOf(value: object): string | undefined {
    const contents = contentsOf(value);
    return contents && this.#sign(contents);
  }

  find(key: string): string | undefined {
    this.#known ??= this.#read();
    const value = this.#known.get(key);
    if (value !== undefined) this.#used.set(key, value);
    return value;
  }

  keep(key: string, value: string): void {
    this.#used.set(key, value);
  }

  readonly remember: Remember = (kind, shared, inputs, make) => {
    const key = this.keyOf(kind, shared, inputs);
    if (key === undefined) return make();
    const value = this.find(key) ?? make();
    this.keep(key, value);
    return value;
  };

  /** Writes what this run used, for the next one. */
  save(): void {
    if (this.#key === null) return;
    const known = this.#known ?? this.#read();
    const isSame =
      known.size === this.#used.size &&
      [...this.#used].every(([key, value]) => known.get(key) === value);
    if (isSame) return;
    const body = JSON.stringify([...this.#used]);
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileAtomically(this.#file, `${this.#sign(body)}\n${body}`, 0o600);
  }

  #read(): ReadonlyMap<string, string> {
    try {
      const text = readFileSync(this.#file, "utf8");
      const end = text.indexOf("\n");
      const body = text.slice(end + 1);
      if (this.#sign(body) !== text.slice(0, Math.max(end, 0))) return new Map();
      return new Map(JSON.parse(body) as (readonly [string, string])[]);
    } catch {
      return new Map();
    }
  }

  #sign(bytes: string | Uint8Array): string {
    return createHmac("sha256", this.#key ?? "")
      .update(bytes)
      .digest("base64url");
  }
}

/** Digests of long values, which are asked for more than once, as devices are. They stay in this process. */
const knownDigests = new WeakMap<object, string>();
const shortMax = 1_000;

/** A text that says all that is in a value. Undefined for values with functions in them, which have none. */
function contentsOf(value: unknown): string | undefined {
  const isObject = typeof value === "object" && value !== null;
  const known = isObject ? knownDigests.get(value) : undefined;
  if (known !== undefined) return known;
  let text;
  try {
    text = canonicalText(value);
  } catch {
    return undefined;
  }
  // No canonical text starts with this character.
  if (text.length <= shortMax) return text;
  const digest = `#${createHash("sha256").update(text).digest("base64url")}`;
  if (isObject) knownDigests.set(value, digest);
  return digest;
}

/**
 * Changes with this program and with the texts that it reads. Undefined for sources that are run as they
 * are, which may change without a trace.
 */
function programId(): string | undefined {
  return (knownProgram ??= installedProgram());
}

let knownProgram: string | undefined;

function installedProgram(): string | undefined {
  if (!import.meta.filename.endsWith(".mjs")) return undefined;
  const root = installationFolder();
  const folders = ["cli", "edge", "fleet", "gitops", "infra", "lib"];
  const stamps = folders.flatMap((folder) => stampsIn(join(root, folder)));
  const { version } = installationManifest();
  return JSON.stringify([version, process.version, import.meta.filename, stamps]);
}

/** For people and for compilers: no result depends on them, and they are most of the files. */
const isReadByNobody = (name: string) => name === "types" || name.endsWith(".map");

/** All files below a folder, in order; empty if the folder does not exist. */
function stampsIn(folder: string): readonly (readonly [string, number, number])[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter(({ name }) => !isReadByNobody(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const place = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return stampsIn(place);
      const { size, mtimeMs } = statSync(place);
      return [[place, size, mtimeMs] as const];
    });
}
