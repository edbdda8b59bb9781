/** Checks values that a program gives to a construct or a function, where the compiler does not. */
import { z } from "zod";
import { classOf, mistakesIn, showType } from "./check.ts";
import type { Mistake } from "./mistakes.ts";
import type { Path, Source } from "./source.ts";
import { isMapping } from "../model/values.ts";

/** A value of a program: its mistakes have the path of a construct in place of a file. */
export function sourceOf(file: string, value: unknown): Source {
  const mistake = (path: Path, message: string): Mistake => ({
    file,
    path: path.map(String).join("."),
    message,
  });
  return {
    file,
    value,
    fileOf: () => file,
    mistake,
    keyMistake: mistake,
    written: () => undefined,
    blockPlace: () => undefined,
  };
}

/** @param what the argument is, "props" */
export function notAnObject(found: unknown, what: string, known: readonly string[]): string {
  return `found ${showType(found)} in place of the ${what}. Write an object with ${known.join(", ")}.`;
}

/**
 * The mistakes in an argument, each with a path below the name of the function.
 *
 * @param place in place of a file: the path of a construct
 * @param name of the function
 * @param what the argument is: "unit"
 */
export function argumentMistakes(
  place: string,
  name: string,
  { what, schema }: { readonly what: string; readonly schema: z.ZodType },
  value: unknown,
): Mistake[] {
  if (schema.safeParse(value).success) return [];
  const source = sourceOf(place, { [name]: value });
  if (schema instanceof z.ZodObject && !isMapping(value)) {
    return [source.mistake([name], notAnObject(value, what, Object.keys(schema.shape)))];
  }
  return value === undefined
    ? [source.mistake([name], `"${what}" is missing. Write it here.`)]
    : mistakesIn(source, z.object({ [name]: schema }));
}

const remedies: Readonly<Record<string, string>> = {
  bigint: "Write a number, or text.",
  function: "Write its result.",
  symbol: "Write text.",
  Date: 'Write text, like "2026-01-31".',
  Map: "Write an object with its entries.",
  Set: "Write a list with its items.",
};

/** What JSON and YAML do not have, inside a value. Undefined as the value of a key counts as absent. */
export function jsonProblems(
  value: unknown,
  path: Path = [],
  above: readonly unknown[] = [],
): readonly { readonly path: Path; readonly message: string }[] {
  const problem = (found: string, remedy: string) => [
    { path, message: `found ${found}, which JSON and YAML do not have. ${remedy}` },
  ];
  if (typeof value === "number" && !Number.isFinite(value)) {
    return problem(String(value), "Write a number.");
  }
  if (typeof value !== "object" || value === null) {
    if (value === undefined) return problem("nothing", "Write null, or omit it.");
    const remedy = remedies[typeof value];
    return remedy === undefined ? [] : problem(showType(value), remedy);
  }
  if (above.includes(value)) {
    return problem("an object that contains itself", "Write a copy without it.");
  }
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return Array.from(value, (item, index) => jsonProblems(item, [...path, index], inside)).flat();
  }
  const name = classOf(value);
  if (name !== undefined) {
    return problem(`a value of the class ${name}`, remedies[name] ?? "Write a plain object.");
  }
  return Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : jsonProblems(item, [...path, key], inside),
  );
}
