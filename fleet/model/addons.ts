/**
 * The hub's add-ons in the model: the options of each, and their values. What an add-on installs is
 * in gitops/addons/, which passes its declarations to the loader (Extensions).
 */
import type { z } from "zod";

/** A Helm chart with the version that a new fleet starts with; from then on the lock decides. */
export interface AddonChart {
  /** In its repository, and in the lock. */
  readonly name: string;
  /** URL of the chart repository, or of a registry (`oci://`), without a trailing slash. */
  readonly repository: string;
  readonly version: string;
  /** SHA-256 that the lock pins, as in `ChartPin`. @default unknown */
  readonly digest?: string;
}

/** What the fleet file, the lock and the Fleet need to know of an add-on. */
export interface AddonDeclaration<Options extends object = object> {
  /** Its key under `platform.addons`. */
  readonly name: string;
  /** What it gives, in one line for the schema of editors. */
  readonly description: string;
  /** What can be set for it. An add-on without the key `enabled` cannot be switched off. */
  readonly options: z.ZodType<Options>;
  /** Names of add-ons without which it is off too. @default none */
  readonly needs?: readonly string[];
  readonly chart: AddonChart;
}

/** By the add-on's name: its options with all defaults, or null if it is switched off. */
export type AddonOptions = ReadonlyMap<string, object | null>;

/** The options of an add-on, typed as it declares them; null if it is switched off. */
export function addonOptions<Options extends object>(
  { addons }: { readonly addons: AddonOptions },
  { name }: AddonDeclaration<Options>,
): Options | null {
  return optionsOf(addons, name) as Options | null;
}

interface Hub {
  readonly platform: { readonly addons: AddonOptions } | null;
}

/** Whether the hub has the add-on of this name. */
export function hasAddon({ platform }: Hub, name: string): boolean {
  return platform !== null && optionsOf(platform.addons, name) !== null;
}

function optionsOf(addons: AddonOptions, name: string): object | null {
  const options = addons.get(name);
  if (options === undefined) {
    throw new Error(`this fleet was loaded without the declaration of the add-on ${name}`);
  }
  return options;
}
