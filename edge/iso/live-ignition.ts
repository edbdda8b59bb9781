/**
 * The Ignition config that `coreos-installer iso customize` writes for the live system: Ignition
 * 3.3.0 in one line, with its fields in the order of the schema and null for most that are absent.
 */
import { gzipResource } from "./resource.ts";
import type { Resource } from "./resource.ts";

export interface LiveUnit {
  readonly name: string;
  readonly contents?: string;
  readonly dropins?: readonly { readonly name: string; readonly contents: string }[];
  readonly enabled?: boolean;
}

/** What can't be added again. The message is coreos-installer's. */
export class DuplicateError extends Error {
  override readonly name = "DuplicateError";
}

const version = "3.3.0";

/** A file of the live system. */
export interface LiveFile {
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: number;
}

/** Grows by what is added, in that order. */
export class LiveIgnition {
  readonly #merged: Resource[] = [];
  readonly #authorities: Resource[] = [];
  readonly #files = new Map<string, LiveFile>();
  readonly #units = new Map<string, LiveUnit>();

  /** `json` is a whole config, which becomes part of this one when the system starts. */
  merge(json: string): void {
    this.#merged.push(gzipResource(Buffer.from(json)));
  }

  /** Certificates (PEM) that fetching trusts. */
  addAuthority(certificates: Uint8Array): void {
    this.#authorities.push(gzipResource(certificates));
  }

  addFile(path: string, data: Uint8Array, mode: number): void {
    if (this.#files.has(path)) {
      throw new DuplicateError(`config already specifies path ${path}`);
    }
    this.#files.set(path, { path, data, mode });
  }

  get files(): readonly LiveFile[] {
    return [...this.#files.values()];
  }

  get units(): readonly LiveUnit[] {
    return [...this.#units.values()];
  }

  addUnit(unit: LiveUnit): void {
    if (this.#units.has(unit.name)) {
      throw new DuplicateError(`config already specifies unit ${unit.name}`);
    }
    this.#units.set(unit.name, unit);
  }

  /** One line of JSON with a line break behind it. */
  toBytes(): Uint8Array {
    const files = this.files.map(({ path, data, mode }) => ({
      contents: gzipResource(data),
      mode,
      overwrite: null,
      path,
    }));
    const units = this.units.map(({ name, contents, dropins, enabled }) => ({
      contents: contents ?? null,
      dropins,
      enabled: enabled ?? null,
      mask: null,
      name,
    }));
    const certificateAuthorities = this.#authorities;
    const config = {
      ignition: {
        ...(this.#merged.length > 0 && { config: { merge: this.#merged } }),
        ...(certificateAuthorities.length > 0 && { security: { tls: { certificateAuthorities } } }),
        version,
      },
      ...(files.length > 0 && { storage: { files } }),
      ...(units.length > 0 && { systemd: { units } }),
    };
    return Buffer.from(`${JSON.stringify(config)}\n`);
  }
}
