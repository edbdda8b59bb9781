/**
 * Checks the props of constructs and the arguments of functions, where a class of a user's own calls them from plain
 * JavaScript: the compiler sees mistakes, and Node does not.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { mistakesIn } from "../fleet/grammar/check.ts";
import { InputError } from "../fleet/grammar/mistakes.ts";
import { argumentMistakes, notAnObject, sourceOf } from "../fleet/grammar/program-values.ts";
import { isMapping } from "../fleet/model/values.ts";

/**
 * @param schema of the props that are checked; others are not
 * @throws InputError with every mistake, each with the path of the construct and of the prop
 */
export function requireProps(construct: Construct, props: unknown, schema: z.ZodObject): void {
  if (schema.safeParse(props).success) return;
  const source = sourceOf(construct.node.path, props);
  throw new InputError(
    isMapping(props)
      ? mistakesIn(source, schema)
      : [source.mistake([], notAnObject(props, "props", Object.keys(schema.shape)))],
  );
}

/**
 * @param place the path of a construct, or the function
 * @param name of the argument, or of the method
 * @throws InputError with every mistake, each with a path below the name
 */
export function requireArgument(
  place: string,
  name: string,
  argument: { readonly what: string; readonly schema: z.ZodType },
  value: unknown,
): void {
  const mistakes = argumentMistakes(place, name, argument, value);
  if (mistakes.length > 0) throw new InputError(mistakes);
}

/** A text that is not empty. */
export const filledText = z.string().min(1);

export const textsByKey = z.record(z.string(), z.string());

export const portNumber = z.int().min(1).max(65_535);
