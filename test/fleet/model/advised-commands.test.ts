/** Advised commands have the environment of the run, so that they work as they are; other texts do not change. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  adviseFor,
  fleetCommands,
  flotillaCommand,
  makeCommand,
  makeTargets,
} from "../../../fleet/model/advised-commands.ts";
import { flotilla } from "../../cli/command-line.ts";
import { environmentProject, staging } from "../../cli/project/environment-project.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

const inStaging = ["--environment", "staging"];

afterEach(() => adviseFor(undefined));

test("with and without an environment", () => {
  expect([flotillaCommand("pin"), makeCommand("iso")]).toEqual(["flotilla pin", "make iso"]);
  adviseFor("staging");
  expect(`${flotillaCommand("pin")} --only k3s`).toBe(
    "flotilla pin --environment staging --only k3s",
  );
  expect(`${makeCommand("iso")} SITE=boston`).toBe(
    "make iso FLOTILLA_ENVIRONMENT=staging SITE=boston",
  );
});

test("every command that works on a fleet can be advised", async () => {
  const { out } = await flotilla(environmentProject(), ["--help"]);
  const listed = [...out.split("Commands:")[1]!.matchAll(/^ {2}([a-z]+)/gm)];
  const others = new Set(["init", "butane", "iso", "schema", "completion", "help"]);
  const names = listed.map(([, name]) => name!).filter((name) => !others.has(name));
  expect(names.toSorted()).toEqual([...fleetCommands]);
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
  const { err: later } = await flotilla(folder, ["keygen", "--publishing"]);
  expect(later).not.toContain("staging. Or copy");
});

test("a user's own words are not changed, wherever they are", async () => {
  const words = "flotilla publish and make deploy";
  const project = environmentProject(
    { "environments/staging.yaml": staging.replace("shop-staging\n", `"${words}"\n`) },
    join(temporaryFolder(), words),
  );
  const { code, err } = await flotilla(project, ["validate", ...inStaging]);
  expect(code).toBe(1);
  expect(err).toContain(`"${words}"`);
  expect(err).not.toContain("--environment");
  const missing = join(project, "environments", "staging.yaml");
  const named = await flotilla(temporaryFolder(), ["synth", "--fleet", missing]);
  expect(named.err).toContain(`${words}/environments/staging.yaml`);
});

describe("in the sources", () => {
  const root = join(import.meta.dirname, "..", "..", "..");
  const named = (program: string, names: readonly string[]) =>
    `\\b${program} (?:${names.join("|")})\\b(?![-/\\w]| --help)`;
  const command = new RegExp(`${named("flotilla", fleetCommands)}|${named("make", makeTargets)}`);
  /** Files without messages: help, a fleet's schema, what other tools print. */
  const others =
    /^(?:cli\/(?:compat|completion)\/|cli\/(?:main|commands\/init)\.ts|cli\/project\/template\/|fleet\/grammar\/fleet-schema\.ts)/;
  /** A comment of HTML, and one in a file for a device: the same in every environment. */
  const fixed = /<!-- flotilla plan|^# .* Written by flotilla pxe/;

  test("no text has a command that was not asked for", () => {
    const files = ["cli", "edge", "fleet"].flatMap((folder) =>
      (readdirSync(join(root, folder), { recursive: true }) as string[])
        .filter((file) => file.endsWith(".ts"))
        .map((file) => `${folder}/${file}`),
    );
    const wrong = files
      .filter((file) => !others.test(file))
      .flatMap((file) => {
        const lines = readFileSync(join(root, file), "utf8").split("\n");
        // What is above it is the help of the command.
        const first = file.startsWith("cli/commands/")
          ? lines.findIndex((line) => line.includes(".action("))
          : 0;
        return lines.flatMap((line, index) =>
          index < first || /^\s*(?:\*|\/\*|\/\/)/.test(line) || fixed.test(line)
            ? []
            : command.test(line)
              ? [`${file}:${index + 1}: ${line.trim()}`]
              : [],
        );
      });
    expect(wrong).toEqual([]);
  });
});
