/**
 * Checks the props of a device and of Flotilla's own parts, by the rules of fleet.yaml. A part can be used without
 * a fleet, and then nothing else reads its props before the device does.
 */
import { Construct, RootConstruct } from "constructs";
import { z } from "zod";
import { mistakesIn, valueAt } from "../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import { notAnObject, sourceOf } from "../fleet/grammar/program-values.ts";
import { secretForms } from "../fleet/grammar/secret-forms.ts";
import type { Path, Source } from "../fleet/grammar/source.ts";
import { text } from "../fleet/grammar/value-schemas.ts";
import { closest } from "../fleet/model/names.ts";
import type { SecretForm } from "../fleet/model/secret-reference.ts";
import { isMapping } from "../fleet/model/values.ts";
import type { Inherited } from "../fleet/resolve/machine/inherited.ts";

/**
 * @param schema of every prop. Further props are those of a subclass
 * @param rules what several props must be to each other; asked only if each of them is valid
 * @throws InputError with every mistake, each with the path of the construct and of the prop
 */
export function requireProps(
  construct: Construct,
  props: unknown,
  schema: z.ZodObject,
  rules: (source: Source) => readonly Mistake[] = () => [],
): void {
  if (isChecked(construct)) return;
  // The root of a tree has no path.
  const source = sourceOf(construct.node.path || construct.constructor.name, props);
  const mistakes = isMapping(props)
    ? [...misspelledProps(construct, source, props, schema), ...mistakesIn(source, schema)]
    : [source.mistake([], notAnObject(props, "props", Object.keys(schema.shape)))];
  const all = mistakes.length > 0 ? mistakes : rules(source);
  if (all.length > 0) throw new InputError(all);
}

/** Whose parts are made of what the fleet file says, which was checked there. */
const checked = new WeakSet<Construct>();

/**
 * Makes parts of values that the fleet file's grammar has accepted. They are not checked again: a device whose
 * secrets nobody needs has empty ones.
 */
export function withCheckedProps(scope: Construct, make: () => void): void {
  checked.add(scope);
  try {
    make();
  } finally {
    checked.delete(scope);
  }
}

/** Whether a part is made of values that the fleet file's grammar has accepted. */
export function isChecked(construct: Construct): boolean {
  return construct.node.scopes.some((scope) => checked.has(scope));
}

/**
 * A valid value as the rules of a machine take it, which the fleet file has at several levels.
 *
 * @param at its place in the props
 * @param names of props that have another name in the fleet file
 */
export function inProps<Value>(
  { mistake: mistakeAt }: Source,
  value: Value,
  at: Path = [],
  names: Readonly<Record<string, string>> = {},
): Inherited<Value> {
  const mistake = (path: Path, message: string) => {
    const place = path.map((key) =>
      typeof key === "string" && Object.hasOwn(names, key) ? (names[key] ?? key) : key,
    );
    return mistakeAt([...at, ...place], message);
  };
  return {
    value,
    isWritten: (path) => valueAt(value, path) !== undefined,
    isValid: () => true,
    mistake,
    keyMistake: mistake,
    isAttempted: (keys) => keys.some((key) => valueAt(value, [key]) !== undefined),
    secret: (_path, _input, form) => ({ form, from: "env", name: "", place: { file: "" } }),
  };
}

/** A key of a level of the fleet file, which null removes there. */
type LevelKey<Value extends z.ZodType> = z.ZodOptional<z.ZodNullable<Value>>;

/** A key of the fleet file as a prop, which is left out and is not null. */
export function propOf<Value extends z.ZodType>(key: LevelKey<Value>): z.ZodOptional<Value> {
  return withoutNull(key) as z.ZodOptional<Value>;
}

/** The same for each key of a mapping. */
export function propsOf<Shape extends Readonly<Record<string, LevelKey<z.ZodType>>>>(
  key: LevelKey<z.ZodObject<Shape>>,
): { readonly [Key in keyof Shape]: z.ZodOptional<z.ZodType> } {
  const { shape } = key.unwrap().unwrap();
  const props = Object.entries(shape).map(([name, each]) => [name, withoutNull(each)] as const);
  return Object.fromEntries(props) as { [Key in keyof Shape]: z.ZodOptional<z.ZodType> };
}

function withoutNull(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional) return z.optional(withoutNull(schema.unwrap()));
  if (schema instanceof z.ZodNullable) return withoutNull(schema.unwrap());
  if (schema instanceof z.ZodRecord) return z.record(schema.keyType, withoutNull(schema.valueType));
  return schema;
}

/** TypeScript reports them. Those of a subclass may be its own, unless one that is required is missing. */
function misspelledProps(
  construct: Construct,
  source: Source,
  props: Readonly<Record<string, unknown>>,
  { shape }: z.ZodObject,
): Mistake[] {
  const known = Object.keys(shape);
  const base: unknown = Object.getPrototypeOf(construct.constructor);
  const isSubclass = base !== Construct && base !== RootConstruct;
  return Object.keys(props)
    .filter((key) => !known.includes(key))
    .flatMap((key) => {
      const near = closest(key, known);
      if (near === undefined || props[near] !== undefined) return [];
      const isOptional = z.safeParse(shape[near] ?? z.unknown(), undefined).success;
      if (isSubclass && isOptional) return [];
      return [source.keyMistake([key], `unknown prop "${key}". Did you mean ${near}?`)];
    });
}

/** A secret, which no message repeats. */
export function secret(form: SecretForm) {
  const error = "this secret is not text. Write it as text.";
  return z.string({ error }).check(({ value, issues }) => {
    const problem = value === "" ? "is empty. Write the secret." : secretForms[form](value);
    if (problem === undefined) return;
    issues.push({ code: "custom", message: `this value ${problem}`, input: "" });
  });
}

/** The text of a certificate or of a private key. */
export const pem = secret("pem");

/** A key of WireGuard, which can be a private one. */
export const wireguardKey = z
  .string({ error: "this key is not text. Write it as text." })
  .check(({ value, issues }) => {
    if (/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value)) return;
    const message = "this is not a key of WireGuard. Write 32 bytes in base64, as wg genkey does.";
    issues.push({ code: "custom", message, input: "" });
  });

/** What Ignition downloads. The schemes are those that it knows. */
export const downloadUrl = text((value) =>
  /^(https?|tftp|s3|gs):\/\/[^\s\p{Cc}/]+\/[^\s\p{Cc}]+$/u.test(value) && URL.canParse(value)
    ? undefined
    : `${JSON.stringify(value)} is not the URL of a file that Ignition can download. Write one like https://mirror.example.com/k3s.`,
);
