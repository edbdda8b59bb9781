import { expect, test } from "vitest";
import { manifestTemplates, renderManifests } from "../../../fleet/resolve/manifest-templates.ts";

test.each([
  ["? [a]\n: 1\n", "1:3", "a list or a mapping"],
  ["a: &a [x]\n*a : 1\n", "2:1", "a list or a mapping"],
  ["!!binary aGk=: 1\n", "1:10", "binary data"],
  ["a: &a !!binary aGk=\n*a : 1\n", "2:1", "binary data"],
])("a key that is not text is a mistake: %j", (text, place, what) => {
  const { mistakes } = manifestTemplates([{ file: "a.yaml", text }]);
  expect(mistakes.map(({ line, column, message }) => [`${line}:${column}`, message])).toEqual([
    [
      place,
      `found ${what} as a key. Write text; templates are written \${version}, not {{ version }}.`,
    ],
  ]);
});

test.each(["a: 1\n", "1: a\n", "null: a\n", "true: a\n", "a: &a x\n*a : 1\n"])(
  "a key that is text, or is written as text, is none: %j",
  (text) => {
    expect(manifestTemplates([{ file: "a.yaml", text }]).mistakes).toEqual([]);
  },
);

/** A ConfigMap whose last lines are given. */
function rendered(data: string) {
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata:\n${data}\n`;
  const templates = manifestTemplates([{ file: "a.yaml", text }]);
  expect(templates.mistakes).toEqual([]);
  const variables = { version: "1.2", ring: "all", site: "shop", values: {} };
  const { objects, mistakes } = renderManifests(templates, "shop", variables);
  return {
    data: objects.map(({ manifest }) => (manifest as { data?: unknown }).data),
    mistakes: mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`),
  };
}

test.each([
  ["  image: nginx:${version", "5:16", "${version"],
  ['  image: "nginx:${version"', "5:17", "${version"],
  ["  image: ${", "5:10", "${"],
  ["  ${version: x", "5:3", "${version"],
  ["  both: ${ring} ${version", "5:17", "${version"],
  ["  later: ${version ${ring}", "5:10", "${version ${ring}"],
  ["  escaped: $${a ${version", "5:17", "${version"],
  ["  run.sh: |\n    echo ${version}\n    echo ${ring\n    echo ${site}", "7:10", "${ring"],
  ["  long: ${" + "x".repeat(40), "5:9", "${" + "x".repeat(28) + "…"],
])("a placeholder without its end is a mistake: %j", (data, place, shown) => {
  expect(rendered(data)).toEqual({
    data: [],
    mistakes: [
      `${place}: found ${shown} without its closing brace. Write }, like \${version}. For this text itself, write $${shown}.`,
    ],
  });
});

test.each([
  ["a: $${version", "${version"],
  ["a: $${version}", "${version}"],
  ["a: $$${version}", "$${version}"],
  ["a: '{ ${version} {'", "{ 1.2 {"],
  ["a: '} ${version} }'", "} 1.2 }"],
  ["a: $$", "$$"],
  ["a: $version", "$version"],
  // What a shell nests: the outer one is not a placeholder.
  ["a: ${a:-$${b}}", "${a:-${b}}"],
  ["a: $${a:-$${b}}", "${a:-${b}}"],
  ["a: $${a:-${version}}", "${a:-1.2}"],
])("but not %j", (line, expected) => {
  expect(rendered(`  ${line}`)).toEqual({ data: [{ a: expected }], mistakes: [] });
});

test.each(["1103482938471936123", "9_007_199_254_740_993", "12345678901234567890"])(
  "a number with more digits than it keeps is a mistake: %s",
  (number) => {
    const text = `spec: { channels: [${number}, 9007199254740991, "${number}", 1.5] }\n`;
    expect(manifestTemplates([{ file: "a.yaml", text }]).mistakes).toEqual([
      {
        file: "a.yaml",
        line: 1,
        column: 20,
        message: `${number} has too many digits for a number. Write fewer, or text in quotes: "${number}".`,
      },
    ]);
  },
);
