/** Commands in the texts of an environment have its name, so that they work as they are. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withEnvironment } from "../../../cli/project/next-commands.ts";
import { flotilla } from "../command-line.ts";
import { environmentProject } from "./environment-project.ts";

const inStaging = ["--environment", "staging"];

describe("withEnvironment", () => {
  const staging = (text: string, folder = environmentProject()) =>
    withEnvironment(text, join(folder, "environments", "staging.yaml"));

  test.each([
    ["Run: flotilla publish", "Run: flotilla publish --environment staging"],
    ["flotilla publish: bring this", "flotilla publish --environment staging: bring this"],
    ["flotilla image DEVICES.", "flotilla image --environment staging DEVICES."],
    ["`flotilla bootstrap`, then", "`flotilla bootstrap --environment staging`, then"],
    ["make iso SITE=boston", "make iso FLOTILLA_ENVIRONMENT=staging SITE=boston"],
    [
      "flotilla up or flotilla pin --only k3s",
      "flotilla up --environment staging or flotilla pin --environment staging --only k3s",
    ],
  ])("%s", (text, expected) => {
    expect(staging(text)).toBe(expected);
    expect(withEnvironment(text, join(environmentProject(), "fleet.yaml"))).toBe(text);
  });

  test.each([
    "flotilla iso ignition show",
    "flotilla init",
    "flotilla synthesizes",
    "flotilla plan-b",
    "(see: flotilla plan --help)",
    "<!-- flotilla plan: shop -->",
    "make images",
    "my-flotilla publishes",
  ])("not %s", (text) => expect(staging(text)).toBe(text));

  test("knows every command that works on a fleet", async () => {
    const folder = environmentProject();
    const { out } = await flotilla(folder, ["--help"]);
    const names = [...out.split("Commands:")[1]!.matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name]) => name,
    );
    const others = new Set(["init", "butane", "iso", "schema", "completion", "help"]);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      const text = `flotilla ${name}`;
      const expected = others.has(name!) ? text : `${text} --environment staging`;
      expect(staging(text, folder)).toBe(expected);
    }
  });
});

test.each([
  ["keygen --publishing", 1, "flotilla keygen --environment staging. Or copy"],
  ["revoke cafe-01", 0, "publish it: flotilla publish --environment staging\n"],
  ["revoke --site harbour", 0, "make iso FLOTILLA_ENVIRONMENT=staging SITE=harbour\n"],
  [
    "rollback telemetry --ring stable --to 1.8.0 --force --no-commit",
    0,
    "Commit it; flotilla publish --environment staging brings it to the devices\n",
  ],
])("%s", async (command, exit, expected) => {
  const folder = environmentProject();
  const { code, err } = await flotilla(folder, [...command.split(" "), ...inStaging]);
  expect([code, err]).toEqual([exit, expect.stringContaining(expected)]);
});
