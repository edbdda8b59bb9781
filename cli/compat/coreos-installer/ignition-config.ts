/**
 * An Ignition config of the user, as `coreos-installer iso customize` reads it: by the fields of its
 * version, and written again in one line.
 */
import { FormatError } from "../../../edge/formats/bytes.ts";
import { parseJson } from "./json.ts";
import type { JsonValue } from "./json.ts";
import { fitJson } from "./json-shape.ts";
import type { Shape } from "./json-shape.ts";
import { ignitionMinorMax, ignitionShape } from "./ignition-schema.ts";

export interface IgnitionConfig {
  /** One line of JSON, without a line break. */
  readonly json: string;
  /** What was dropped, `unused key: $.storage.files.0.colour`. */
  readonly warnings: readonly string[];
}

/** The part with the version. The rest is ignored. */
const versionShape: Shape = {
  name: "MinimalConfig",
  fields: [
    {
      name: "ignition",
      absent: "required",
      type: {
        name: "MinimalIgnition",
        fields: [{ name: "version", type: "string", absent: "required" }],
      },
    },
  ],
};

const shapes = new Map<number, Shape>();

/** @throws FormatError if it is not a config of Ignition 3.0 to 3.6 */
export function readIgnition(bytes: Uint8Array): IgnitionConfig {
  const root = serialized(() => parseJson(bytes));
  const minor = minorOf(versionOf(bytes, root));
  const shape = shapes.get(minor) ?? ignitionShape(minor);
  shapes.set(minor, shape);
  const { value, unused } = serialized(() => fitJson(bytes, root, shape));
  return { json: JSON.stringify(value), warnings: unused.map((path) => `unused key: ${path}`) };
}

function versionOf(bytes: Uint8Array, root: JsonValue): string {
  const minimal = serialized(() => fitJson(bytes, root, versionShape)).value as {
    readonly ignition: { readonly version: string };
  };
  return minimal.ignition.version;
}

function serialized<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const [reason = error.message] = error.reference;
    throw new FormatError(error.message, {
      cause: error,
      reference: [`serialization error: ${reason}`, reason],
    });
  }
}

/** The version must be a semantic version that is known. */
function minorOf(version: string): number {
  const wrong = semanticVersionMistake(version);
  if (wrong !== undefined) {
    throw new FormatError(`Its version ${JSON.stringify(version)} is not valid: ${wrong}.`, {
      reference: [`couldn't parse config version: ${wrong}`, wrong],
    });
  }
  const [, minor] = /^3\.(\d)\.0$/.exec(version) ?? [];
  if (minor !== undefined && Number(minor) <= ignitionMinorMax) return Number(minor);
  throw new FormatError(
    `Its version is ${version}; 3.0.0 to 3.${ignitionMinorMax}.0 can be read.`,
    { reference: [`unsupported config version: ${version}`] },
  );
}

/** The error of coreos-installer's semver library, or undefined for a valid version. */
function semanticVersionMistake(version: string): string | undefined {
  if (version === "") return "empty string, expected a semver version";
  let rest = version;
  for (const part of ["major", "minor", "patch"]) {
    const name = `${part} version number`;
    const [digits] = /^\d*/.exec(rest) ?? [""];
    if (digits === "") {
      const [found] = rest;
      return found === undefined
        ? `unexpected end of input while parsing ${name}`
        : `unexpected character ${quoted(found)} while parsing ${name}`;
    }
    if (/^0\d/.test(digits)) return `invalid leading zero in ${name}`;
    if (BigInt(digits) >= 2n ** 64n) return `value of ${name} exceeds u64::MAX`;
    rest = rest.slice(digits.length);
    if (part === "patch") break;
    const [next] = rest;
    if (next === undefined) return `unexpected end of input while parsing ${name}`;
    if (next !== ".") return `unexpected character ${quoted(next)} after ${name}`;
    rest = rest.slice(1);
  }
  const isComplete = /^(-[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/.test(
    rest,
  );
  if (isComplete) return undefined;
  const [next = ""] = rest;
  if (next === "-" || next === "+") {
    const name = next === "-" ? "pre-release identifier" : "build metadata";
    return `empty identifier segment in ${name}`;
  }
  return `unexpected character ${quoted(next)} after patch version number`;
}

function quoted(character: string): string {
  return character === "'" ? "'\\''" : `'${character}'`;
}
