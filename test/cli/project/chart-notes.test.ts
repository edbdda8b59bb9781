/** The version of a chart in a user's own class is for new fleets: the lock decides, and every command says so. */
import { expect, test } from "vitest";
import { exampleProject } from "./own-code/own-project.ts";

test("a class with another chart than the lock is a warning", { timeout: 120_000 }, async () => {
  const project = await exampleProject();
  await project.run("keygen");
  expect((await project.run("synth", "--only", "infra")).err).not.toContain("warning:");
  const said = /^warning: flotilla\.config\.ts: addons\.uptime\.chart: (.*)$/gm;
  const warnings = async (...command: string[]) => {
    const { code, err } = await project.run(...command);
    expect([command, code]).toEqual([command, 0]);
    return [...err.matchAll(said)].map(([, message]) => message);
  };
  const change = (from: string, to: string) =>
    project.edit("gitops/addons/uptime.ts", (text) => text.replace(from, to));
  change("11.8.0", "11.12.0");
  const newer =
    "the lock has version 11.8.0, and the class has 11.12.0. The lock decides. To use that of the class: flotilla pin --only charts/prometheus-blackbox-exporter --to 11.12.0";
  for (const command of [["validate"], ["synth"], ["plan"], ["up"]]) {
    expect(await warnings(...command)).toEqual([newer]);
  }
  // After `flotilla pin` the lock is newer.
  change("11.12.0", "11.7.9");
  expect(await warnings("validate")).toEqual([]);
  change("https://prometheus-community.github.io", "https://charts.example.com");
  expect(await warnings("validate")).toEqual([
    "the lock has the repository https://prometheus-community.github.io/helm-charts, and the class has https://charts.example.com/helm-charts. The lock decides. To use that of the class, delete prometheus-blackbox-exporter from pins.charts of the lock.",
  ]);
});
