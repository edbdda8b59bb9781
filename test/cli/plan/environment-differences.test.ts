/** `flotilla plan --between`: how two environments differ. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../command-line.ts";
import { environmentProject, staging } from "../project/environment-project.ts";

const between = (folder: string, args: readonly string[], environment = {}) =>
  flotilla(folder, ["plan", "--between", ...args], environment);

test("what both declare, and what both locks pin", async () => {
  const folder = environmentProject();
  for (const name of ["staging", "production"]) {
    await flotilla(folder, ["synth", "--only", "infra", "--environment", name]);
  }
  const lock = join(folder, "environments/production.lock.yaml");
  const text = readFileSync(lock, "utf8");
  const [, version = ""] = /argo-cd:\n(?:.*\n)*? +version: (\S+)/.exec(text) ?? [];
  writeFileSync(lock, text.replace(`version: ${version}`, "version: 0.1.0"));
  const { code, out, err } = await between(folder, ["staging", "production"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(`From staging to production

Fleet file
  cloud.project  shop-staging → shop-production
  devices.cafe-02  + { site: harbour, ring: stable }
  workloads.telemetry.versions.canary  1.9.1 → 1.9.0
  fleet  shop-staging → shop
  domain  staging.shop.example → shop.example
  repository.url  https://git.shop.example/staging.git → https://git.shop.example/production.git
  repository.push  dist/staging/state.git → dist/production/state.git

Pins of the lock
  charts.argo-cd.version  ${version} → 0.1.0

8 differences.
`);
  const json = await between(folder, ["staging", "production", "--json", "--exit-code"], {
    FLOTILLA_ENVIRONMENT: "staging",
  });
  expect([json.code, JSON.parse(json.out)]).toEqual([
    3,
    expect.objectContaining({
      from: "staging",
      to: "production",
      pinned: [{ path: "charts.argo-cd.version", before: version, after: "0.1.0" }],
    }),
  ]);
});

test("an environment and itself are the same", async () => {
  const { code, out } = await between(environmentProject(), ["staging", "staging", "--exit-code"]);
  expect([code, out.split("\n").at(-2)]).toEqual([0, "0 differences."]);
});

test("secrets in values and URLs are not shown", async () => {
  const values = "argocd: { values: { oidc: { clientSecret: tiger-1234 } } }\n";
  const folder = environmentProject({ "environments/staging.yaml": staging + values });
  for (const args of [
    ["staging", "production"],
    ["production", "staging", "--json"],
  ]) {
    const { code, out } = await between(folder, args);
    expect([code, out]).toEqual([0, expect.not.stringContaining("tiger-1234")]);
  }
});

test.each([
  [["staging"], 2, "error: give two environments"],
  [["staging", "production", "third"], 2, "error: give two environments"],
  [["staging", "production", "--html", "plan.html"], 2, "error: --between goes with"],
  [
    ["staging", "produktion"],
    1,
    '--between: found "produktion". Write one of: production, staging.',
  ],
])("%j is refused", async (args, code, message) => {
  const run = await between(environmentProject(), args);
  expect(run).toMatchObject({ code, err: expect.stringContaining(message) });
});

test("a mistake in one of them is reported at its line", async () => {
  const wrong = environmentProject({ "environments/staging.yaml": `${staging}rung: 1\n` });
  const { code, err } = await between(wrong, ["production", "staging"]);
  expect([code, err]).toEqual([1, expect.stringMatching(/^environments\/staging\.yaml:7:1: rung/)]);
});
