/** Checks what flotilla.config.ts exports: TypeScript's checks are not run at every start. */
import { notOneOf } from "../../../fleet/grammar/check.ts";
import { labelPattern, notALabel } from "../../../fleet/model/names.ts";
import { isMapping } from "../../../fleet/model/values.ts";
import type { DevicePartProps } from "../../../edge/device-part.ts";
import type { WorkloadProps } from "../../../gitops/workloads/workload.ts";
import type { Registry } from "../../../gitops/registry.ts";
import { addonMistakes, isChart, swappedSchemaMistakes } from "./class-mistakes.ts";

export interface DefinitionMistake {
  /** The names that lead to it in the definition. */
  readonly path: readonly string[];
  readonly message: string;
}

const classesOf = ["workloads", "addons", "deviceParts"] as const;
const keys: readonly string[] = [...classesOf, "infra"];

/** What is wrong with a definition; empty for nothing. */
export function definitionMistakes(definition: unknown, builtIn: Registry): DefinitionMistake[] {
  if (!isPlain(definition)) {
    const message = `the default export is not a fleet definition. Write: export default defineFleet({ … });`;
    return [{ path: [], message }];
  }
  const unknown = Object.keys(definition).filter((key) => !keys.includes(key));
  const { infra } = definition;
  return [
    ...unknown.map((key) => ({ path: [key], message: notOneOf(`the key ${key}`, keys, key) })),
    ...classesOf.flatMap((kind) => entriesMistakes(kind, definition[kind])),
    ...clashes(definition["addons"], builtIn),
    ...(isPlain(definition["addons"]) ? addonMistakes(definition["addons"], builtIn.addons) : []),
    ...(infra === undefined || typeof infra === "function"
      ? []
      : [{ path: ["infra"], message: "this is not a function. Write: infra: (hub) => { … }." }]),
  ];
}

function entriesMistakes(kind: (typeof classesOf)[number], classes: unknown): DefinitionMistake[] {
  if (classes === undefined) return [];
  if (!isPlain(classes)) {
    const message = "this is not an object of classes by their names. Write { name: Class }.";
    return [{ path: [kind], message }];
  }
  return Object.entries(classes).flatMap(([name, value]) =>
    classMistakes(kind, name, value).map((message) => ({ path: [kind, name], message })),
  );
}

function classMistakes(kind: string, name: string, value: unknown): string[] {
  if (!labelPattern.test(name)) return [notALabel(name)];
  // Every object has a property of this name.
  if (name in Object.prototype) return [`JavaScript uses the name ${name}. Write another one.`];
  if (typeof value !== "function") {
    return [`this is not a class. Write a class that extends ${bases[kind] ?? "Construct"}.`];
  }
  const { values, options, chart } = value as unknown as Readonly<Record<string, unknown>>;
  const swapped = swappedSchemaMistakes(kind, value);
  if (kind !== "addons") return [...swapped, ...schemaMistakes("values", values, factsOf[kind])];
  return [
    ...swapped,
    ...schemaMistakes("options", options, ["chart", "hub", "repository"]),
    ...(isChart(chart)
      ? []
      : ["the class has no chart. Write: static readonly chart = { name, repository, version }."]),
  ];
}

const bases: Readonly<Record<string, string>> = { addons: "Addon" };

/** What Flotilla itself gives to each class, in place of a value of that name. */
const factsOf: Readonly<Record<string, readonly string[]>> = {
  workloads: ["agentImage", "namespace", "ring", "version"] satisfies (keyof WorkloadProps)[],
  deviceParts: [
    "device",
    "fleet",
    "labels",
    "profile",
    "ring",
    "site",
  ] satisfies (keyof DevicePartProps)[],
};

/**
 * A fleet file may leave out each of them.
 *
 * @param facts names that the schema cannot have
 */
function schemaMistakes(
  property: string,
  schema: unknown,
  facts: readonly string[] = [],
): string[] {
  if (schema === undefined) return [];
  if (!isObjectSchema(schema)) {
    return [
      `its static property ${property} is not a Zod object schema. Write: static readonly ${property} = z.strictObject({ … }).`,
    ];
  }
  const taken = facts.filter((name) => Object.hasOwn(schema.shape, name));
  if (taken.length > 0) {
    return [
      `its static property ${property} has ${taken.join(", ")}, which Flotilla gives to the class itself. Write another name.`,
    ];
  }
  const { error } = schema.safeParse({});
  const required =
    error?.issues.map(({ path }) => path.map(String).join(".")).filter(Boolean) ?? [];
  if (required.length === 0) return [];
  return [
    `${required.join(", ")} in its static property ${property} must have a default or be optional, so that a fleet file can omit it.`,
  ];
}

interface ObjectSchema {
  readonly shape: object;
  safeParse(value: unknown): {
    readonly error?: { readonly issues: readonly { readonly path: readonly PropertyKey[] }[] };
  };
}

function isObjectSchema(schema: unknown): schema is ObjectSchema {
  return (
    isMapping(schema) && isMapping(schema["shape"]) && typeof schema["safeParse"] === "function"
  );
}

function clashes(addons: unknown, { addons: known }: Registry): DefinitionMistake[] {
  if (!isMapping(addons)) return [];
  return known
    .filter(({ name }) => name in addons)
    .map(({ name }) => ({
      path: ["addons", name],
      message: `Flotilla has an add-on of this name. Write another name, or set its values in fleet.yaml.`,
    }));
}

/** Written as `{ … }`: a promise, a Map or a class has none of the keys that are looked for. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isMapping(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
