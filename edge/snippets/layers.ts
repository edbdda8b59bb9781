/**
 * The configurations in a snippet: its own, and those that it merges or replaces itself with, at any
 * depth. They are found and merged as Ignition does at the first boot.
 */
import { objectOf, objectsOf } from "../butane/checks.ts";
import { configuration } from "../butane/fields.ts";
import { readConfig } from "../butane/inline-config.ts";
import type { JsonObject } from "../butane/json.ts";
import { merge } from "../butane/merge.ts";
import type { Path } from "../butane/node.ts";
import { Origins } from "../butane/origins.ts";
import { latestVersion } from "../butane/versions.ts";
import { readContents } from "./contents.ts";
import type { Finding } from "./own-system.ts";

export interface Layer {
  readonly config: JsonObject;
  /** The path in the snippet of what contains it; empty for the snippet itself. */
  readonly at: Path;
  /** The same with the paths in configurations between, for people: `ignition.config.merge.0`. */
  readonly within: string;
}

export interface Layers {
  readonly layers: readonly Layer[];
  /** What Ignition makes of all of them. */
  readonly rendered: JsonObject;
  readonly mistakes: readonly Finding[];
}

const nestedMax = 32;
const bytesMax = 16 * 1_048_576;

export function layersOf(config: JsonObject): Layers {
  const reader = new Reader();
  const rendered = reader.render({ config, at: [], within: "" }, 0);
  return { layers: reader.layers, rendered, mistakes: reader.mistakes };
}

/** `child` over `parent`, as Ignition merges them. */
export function merged(parent: JsonObject, child: JsonObject): JsonObject {
  const context = { minor: latestVersion.minor, origins: new Origins() };
  return merge(configuration, parent, child, context);
}

class Reader {
  readonly layers: Layer[] = [];
  readonly mistakes: Finding[] = [];
  #bytesLeft = bytesMax;

  render(layer: Layer, depth: number): JsonObject {
    const references = objectOf(objectOf(layer.config, "ignition"), "config");
    const replacing = objectOf(references, "replace");
    if (typeof replacing["source"] === "string") {
      return this.#nested(layer, ["replace"], replacing, depth) ?? {};
    }
    this.layers.push(layer);
    let rendered = layer.config;
    objectsOf(references, "merge").forEach((reference, index) => {
      const child = this.#nested(layer, ["merge", index], reference, depth);
      if (child !== undefined) rendered = merged(rendered, child);
    });
    return rendered;
  }

  #nested(layer: Layer, step: Path, reference: JsonObject, depth: number): JsonObject | undefined {
    const here = ["ignition", "config", ...step];
    const at = layer.at.length > 0 ? layer.at : [...here, "source"];
    const within = [layer.within, here.join(".")].filter(Boolean).join(": ");
    const refuse = (message: string) => {
      const inner = layer.within === "" ? "" : `In ${within}: `;
      this.mistakes.push({ path: at, message: `${inner}${message}` });
      return undefined;
    };
    const bytes = this.#contents(reference, refuse);
    if (bytes === undefined) return undefined;
    this.#bytesLeft -= bytes.length;
    if (depth >= nestedMax || this.#bytesLeft < 0) {
      return refuse(
        `there are more than ${nestedMax} configurations inside one another, or more than ${bytesMax} bytes of them. Write them into the snippet itself.`,
      );
    }
    const { config, mistakes } = readConfig(Buffer.from(bytes).toString("utf8"));
    for (const { path, message } of mistakes) {
      refuse(`${[path.join("."), message].filter(Boolean).join(": ")}. Ignition refuses it.`);
    }
    if (config === undefined || mistakes.length > 0) return undefined;
    return this.render({ config, at, within }, depth + 1);
  }

  #contents(reference: JsonObject, refuse: (message: string) => undefined): Uint8Array | undefined {
    const { bytes, mistake } = readContents(reference, bytesMax);
    const fetched =
      "this configuration is fetched at the first boot, so nobody can check what it replaces. Write its contents here, with inline or local.";
    return bytes ?? refuse(mistake ?? fetched);
  }
}
