/** Static properties of a user's own classes that would be ignored, or break later without a line. */
import { Construct } from "constructs";
import { expect, test } from "vitest";
import { z } from "zod";
import { definitionMistakes } from "../../../../cli/project/own-code/definition-mistakes.ts";
import { builtIn } from "../../../../gitops/registry.ts";

const chart = { name: "a", repository: "https://a.example", version: "1.0.0" };

const addon = (statics: object) => Object.assign(class extends Construct {}, { chart, ...statics });

const messages = (definition: object) =>
  definitionMistakes(definition, builtIn).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

test.each([
  [
    "an unknown name",
    { needs: ["promtheus"] },
    /^needs: found "promtheus"\. Write one of: .*, up\. Did you mean prometheus\?$/,
  ],
  [
    "a name in place of a list",
    { needs: "prometheus" },
    /^needs: this is not a list of names\. Write: static readonly needs = \["prometheus"\]\.$/,
  ],
  ["its own name", { needs: ["up"] }, /^needs: the add-ons need each other: up, up\. /],
])("an add-on that needs %s is a mistake", (_, statics, said) => {
  const found = messages({ addons: { up: addon(statics) } });
  expect(found).toEqual([expect.stringMatching(/^addons\.up: /)]);
  expect(found[0]?.replace("addons.up: ", "")).toMatch(said);
});

test("add-ons that need each other are mistakes, and what needs them is not", () => {
  const needing = (...needs: string[]) => addon({ needs });
  const addons = {
    a: needing("b"),
    b: needing("c", "prometheus"),
    c: needing("a"),
    d: needing("a"),
  };
  expect(messages({ addons })).toEqual([
    "addons.a: needs: the add-ons need each other: a, b, c, a. Remove one of the names.",
    "addons.b: needs: the add-ons need each other: b, c, a, b. Remove one of the names.",
    "addons.c: needs: the add-ons need each other: c, a, b, c. Remove one of the names.",
  ]);
  expect(messages({ addons: { a: needing("b"), b: needing("prometheus") } })).toEqual([]);
});

test.each([
  [
    "without a scheme",
    { repository: "stakater.github.io/charts" },
    'chart.repository: "stakater.github.io/charts" is not a valid URL',
  ],
  [
    "with a user",
    { repository: "https://a:b@c.example" },
    "chart.repository: this URL contains a user or a password",
  ],
  [
    "with a slash at its end",
    { repository: "https://c.example/" },
    "chart.repository: write it without the slash",
  ],
  [
    "of a registry with a version",
    { repository: "oci://c.example/a:1" },
    "chart.repository: this URL has a version",
  ],
  [
    "with a range of versions",
    { version: "^2.1" },
    'chart.version: "^2.1" is not an exact chart version',
  ],
  ["with a name of capitals", { name: "Up" }, 'chart.name: "Up" is not a valid chart name'],
  [
    "of the name of a built-in one",
    { name: "external-dns" },
    "chart: external-dns has another chart of the name external-dns",
  ],
  [
    "of Argo CD's name",
    { name: "argo-cd" },
    "chart: argo-cd has another chart of the name argo-cd",
  ],
])("a chart %s is a mistake", (_, change, said) => {
  const found = messages({ addons: { up: addon({ chart: { ...chart, ...change } }) } });
  expect(found).toEqual([expect.stringContaining(`addons.up: ${said}`)]);
});

test("two own add-ons can share one chart, and not two of one name", () => {
  const other = { ...chart, version: "2.0.0" };
  expect(messages({ addons: { a: addon({}), b: addon({}) } })).toEqual([]);
  expect(messages({ addons: { a: addon({}), b: addon({ chart: other }) } })).toEqual([
    expect.stringContaining(
      "addons.b: chart: a has another chart of the name a (1.0.0 of https://a.example)",
    ),
  ]);
});

test.each([
  ["oci://registry.example.com/charts", "1.2.3"],
  ["https://charts.example.com/stable", "v1.2.3-rc.1"],
])("the chart at %s in version %s is valid", (repository, version) => {
  expect(
    messages({ addons: { up: addon({ chart: { name: "up", repository, version } }) } }),
  ).toEqual([]);
});

test.each([
  ["workloads", "options", "the class has static options; those of a workload are called values."],
  [
    "deviceParts",
    "options",
    "the class has static options; those of a device part are called values.",
  ],
  ["addons", "values", "the class has static values; those of an add-on are called options."],
])("a class of %s with a schema in %s is a mistake", (kind, property, said) => {
  const withSchema = addon({ [property]: z.strictObject({}) });
  expect(messages({ [kind]: { up: withSchema } })).toEqual([`${kind}.up: ${said} Rename it.`]);
  // Anything else of that name is the class's own.
  expect(messages({ [kind]: { up: addon({ [property]: 3 }) } })).toEqual([]);
});
