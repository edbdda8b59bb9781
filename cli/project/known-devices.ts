/**
 * The devices whose files in `dist/edge` are right already: what they are made of is what it was in the last
 * synthesis, and nobody has written to the files since.
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { unchanged } from "../../fleet/files/output-folder.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { Device } from "../../fleet/model/device.ts";
import { fleetFacts } from "../../fleet/model/fleet.ts";
import { deviceWithoutPlaces } from "../../fleet/model/places.ts";
import type { Project } from "./project.ts";

type EdgeOutput = readonly [path: string, text: string | typeof unchanged];

/** A path in the folder, and what tells whether its file was changed. */
type Stamp = readonly [path: string, inode: number, size: number, changed: number, status: number];

export class KnownDevices {
  readonly #index: Project["edgeIndex"];
  readonly #folder: string;
  /** The keys of all devices that can be known, by name. */
  readonly #keys = new Map<string, string>();
  readonly #known = new Map<string, readonly Stamp[]>();
  readonly #made = new Map<string, string[]>();

  /** @param folder with the files of the last synthesis */
  constructor(project: Project, folder: string) {
    this.#index = project.edgeIndex;
    this.#folder = folder;
    const facts = fleetFacts(project.fleet);
    for (const device of project.fleet.devices) {
      const key = this.#keyOf(project, facts, device);
      if (key === undefined) continue;
      this.#keys.set(device.name, key);
      const stamps = this.#index.find(key);
      const files = stamps === undefined ? [] : (JSON.parse(stamps) as readonly Stamp[]);
      if (files.length > 0 && files.every((file) => this.#isAsItWas(file))) {
        this.#known.set(device.name, files);
      }
    }
  }

  has({ name }: Device): boolean {
    return this.#known.has(name);
  }

  /** The files of these devices, and then those of the others. */
  *with(others: Iterable<readonly [string, string]>): Generator<EdgeOutput> {
    for (const files of this.#known.values()) {
      for (const [path] of files) yield [path, unchanged];
    }
    for (const [path, text] of others) {
      const [name = ""] = path.split("/", 1);
      const paths = this.#made.get(name) ?? [];
      this.#made.set(name, paths);
      paths.push(path);
      yield [path, text];
    }
  }

  /** Call it when the files are written. */
  save(): void {
    for (const [name, paths] of this.#made) {
      const key = this.#keys.get(name);
      if (key === undefined) continue;
      const stamps = paths.map((path) => stampOf(this.#folder, path));
      if (stamps.every((stamp) => stamp !== undefined))
        this.#index.keep(key, JSON.stringify(stamps));
    }
    this.#index.save();
  }

  /** Undefined for a device that is made every time: what is in it may be another in the next run. */
  #keyOf(project: Project, facts: object, device: Device): string | undefined {
    if (device.parts !== undefined) return undefined;
    try {
      const outside = project.outsideSecretsOf(device);
      const contents = deviceWithoutPlaces(device);
      if (outside.size === 0) return this.#index.keyOf("device", facts, contents);
      return this.#index.keyOf("device with secrets", facts, [contents, outside]);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  #isAsItWas(file: Stamp): boolean {
    const found = stampOf(this.#folder, file[0]);
    return found?.every((value, index) => value === file[index]) ?? false;
  }
}

/** The time of the status changes with every write, and nobody can set it. */
function stampOf(folder: string, path: string): Stamp | undefined {
  const found = lstatSync(join(folder, path), { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  return [path, found.ino, found.size, found.mtimeMs, found.ctimeMs];
}
