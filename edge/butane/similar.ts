/**
 * Translates similar configurations, such as those of a fleet's devices: the first one completely, and
 * of the others only the contents of their files. No rule of Butane or Ignition reads inline contents, so
 * the rest of the output depends only on the rest of the configuration.
 */
import type { ButaneConfig, ButaneFile } from "./config.ts";
import { shortestForm } from "./data-url.ts";
import { encodeJson, type Json, type JsonObject } from "./json.ts";
import { type Fields, listIn } from "./source-checks.ts";
import { type Translation, translateConfig } from "./translate.ts";

/** A finished translation without the contents of the files. */
class Similar {
  readonly #report: Translation["report"];
  /** What is between the contents. */
  readonly #texts: readonly string[];
  /** The latest contents of each file: most files are the same object in every configuration. */
  readonly #latest: (readonly [file: ButaneFile, contents: string] | undefined)[] = [];

  constructor(report: Translation["report"], texts: readonly string[]) {
    this.#report = report;
    this.#texts = texts;
  }

  /** @param files the files with inline contents, in order */
  translate(files: readonly ButaneFile[]): Translation {
    const [start = "", ...others] = this.#texts;
    let ignition = start;
    for (const [index, text] of others.entries()) {
      ignition += this.#contents(index, files[index]) + text;
    }
    return { ignition, report: this.#report };
  }

  #contents(index: number, file: ButaneFile | undefined): string {
    const latest = this.#latest[index];
    if (file === undefined || latest?.[0] === file) return latest?.[1] ?? "";
    const contents = this.#encoded(file);
    this.#latest[index] = [file, contents];
    return contents;
  }

  /** Two files of a device can have the same contents. */
  #encoded(file: ButaneFile): string {
    const inline = inlineOf(file) ?? "";
    const twin = this.#latest.find((latest) => latest && inlineOf(latest[0]) === inline);
    if (twin !== undefined) return twin[1];
    const { source, gzipped } = shortestForm(inline, true);
    return `{"compression":"${gzipped ? "gzip" : ""}","source":"${source}"}`;
  }
}

const known = new Map<string, Similar>();
/** A fleet has a few kinds of devices. If all its devices differ, it gains nothing. */
const knownMax = 64;

/** Returns the same as `translateConfig`. */
export function translateSimilar(config: ButaneConfig): Translation {
  const files = (config.storage?.files ?? []).filter((file) => inlineOf(file) !== undefined);
  const rest = textWithoutContents(config);
  const similar = known.get(rest);
  if (similar !== undefined) return similar.translate(files);
  const { trace, ...translation } = translateConfig(config, { traced: true });
  const texts = trace && textsBetween(trace.output, files);
  if (texts === undefined) return translation;
  const made = new Similar(translation.report, texts);
  if (made.translate(files).ignition !== translation.ignition) return translation;
  if (known.size >= knownMax) known.clear();
  known.set(rest, made);
  return translation;
}

/** The contents, if they are inline and not empty: an empty text can mean an absent field. */
function inlineOf({ contents }: ButaneFile): string | undefined {
  return "inline" in contents && Object.keys(contents).length === 1 && contents.inline !== ""
    ? contents.inline
    : undefined;
}

function textWithoutContents({ storage, ...config }: ButaneConfig): string {
  const files = storage?.files?.map((file) =>
    inlineOf(file) === undefined ? file : { ...file, contents: null },
  );
  return JSON.stringify([config, storage && { ...storage, files }]);
}

/** The output around the contents of these files; undefined if they are not found in it. */
function textsBetween(
  output: JsonObject,
  files: readonly ButaneFile[],
): readonly string[] | undefined {
  const storage = (output["storage"] ?? {}) as JsonObject & Fields;
  const places = new Map(files.map(({ path }, index) => [path as Json, `\0${index}`]));
  const marked = listIn<JsonObject>(storage, "files").map((file) => {
    const mark = places.get(file["path"] ?? "");
    return mark === undefined ? file : { ...file, contents: mark };
  });
  const marks = [...places.values()].map((mark) => JSON.stringify(mark));
  const texts: string[] = [];
  let rest = files.length === 0 ? encodeJson(output) : encodeJson(withFiles(output, marked));
  for (const mark of marks) {
    const [before = "", ...after] = rest.split(mark);
    if (after.length !== 1) return undefined;
    texts.push(before);
    rest = after.join("");
  }
  return places.size === files.length ? [...texts, rest] : undefined;
}

function withFiles(output: JsonObject, files: readonly JsonObject[]): JsonObject {
  const { storage } = output;
  return { ...output, storage: { ...(storage as JsonObject), files } };
}
