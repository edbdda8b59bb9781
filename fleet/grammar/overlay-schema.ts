/** The JSON Schema of an environment's file: that of fleet.yaml, where nothing is required and null removes. */
import { isMapping, type Values } from "../model/values.ts";
import { fleetJsonSchema, type Extensions } from "./fleet-schema.ts";

/** As text, for editors. */
export function overlayJsonSchema(extensions: Extensions): string {
  const schema = JSON.parse(fleetJsonSchema(extensions)) as Values;
  const overlay = { ...partial(schema), title: "Environment of a Flotilla fleet" };
  return `${JSON.stringify(overlay, undefined, 2)}\n`;
}

/** The schema of what is merged. Items of a list are left as they are, because lists are replaced. */
function partial(schema: Values): Values {
  const { required: _, properties, additionalProperties, anyOf, oneOf, ...rest } = schema;
  // A part of one of them can be a part of another one, too.
  const choices = anyOf ?? oneOf;
  return {
    ...rest,
    ...(isMapping(properties) && { properties: removableIn(properties) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: isMapping(additionalProperties)
        ? removable(additionalProperties)
        : additionalProperties,
    }),
    ...(Array.isArray(choices) && { anyOf: choices.map((each) => partial(each as Values)) }),
  };
}

function removableIn(properties: Values): Values {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, removable(schema as Values)]),
  );
}

/** The description stays where an editor shows it. */
function removable({ description, ...schema }: Values): Values {
  return {
    ...(description !== undefined && { description }),
    anyOf: [partial(schema), { type: "null" }],
  };
}
