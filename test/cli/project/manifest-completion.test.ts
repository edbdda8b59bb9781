/** What a package.json that was there before gets. */
import { expect, test } from "vitest";
import { completeManifest } from "../../../cli/project/manifest-completion.ts";

const template = JSON.stringify({
  name: "new",
  private: true,
  type: "module",
  scripts: { test: "node --test", synth: "flotilla synth" },
  devDependencies: { cdk8s: "2.0.0", flotilla: "^1.0.0" },
});

const cases: readonly (readonly [string, object, object, readonly string[]])[] = [
  [
    "what npm install makes",
    { devDependencies: { flotilla: "file:../x.tgz" } },
    {
      type: "module",
      scripts: { test: "node --test", synth: "flotilla synth" },
      devDependencies: { flotilla: "file:../x.tgz", cdk8s: "2.0.0" },
    },
    ["type", "scripts.test", "scripts.synth", "devDependencies.cdk8s"],
  ],
  [
    "what npm init makes",
    { name: "a", scripts: { test: 'echo "Error: no test specified" && exit 1' }, type: "commonjs" },
    {
      name: "a",
      type: "commonjs",
      scripts: { test: "node --test", synth: "flotilla synth" },
      devDependencies: { cdk8s: "2.0.0", flotilla: "^1.0.0" },
    },
    ["scripts.test", "scripts.synth", "devDependencies.cdk8s", "devDependencies.flotilla"],
  ],
  [
    "a project with all of it",
    {
      type: "module",
      scripts: { test: "mine", synth: "mine" },
      dependencies: { cdk8s: "1", flotilla: "1" },
    },
    {
      type: "module",
      scripts: { test: "mine", synth: "mine" },
      dependencies: { cdk8s: "1", flotilla: "1" },
    },
    [],
  ],
];

test.each(cases)("%s", (_, before, after, added) => {
  const result = completeManifest(JSON.stringify(before), template);
  expect(JSON.parse(result?.text ?? "")).toEqual(after);
  expect(result?.added).toEqual(added);
  expect(result?.isCommonJs).toBe("type" in after && after.type === "commonjs");
});

test.each(["", "{", "[]", "null", '"a"'])("%s is not a package.json", (text) => {
  expect(completeManifest(text, template)).toBeUndefined();
});
