/** gitleaks finds no credential in what is published, and in what goes to the cloud. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { deviceSecrets, publicKeys } from "../../fleet/keys/secrets.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { synthesizeState } from "../../gitops/app.ts";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";
import { peerPath } from "../peers/peers.ts";
import { wholeFleet } from "./whole-state.ts";
import { formatRootKey, parseRootKey } from "../../fleet/keys/root-key.ts";

const gitleaks = peerPath("gitleaks-8.30.1");
const reason = gitleaks === undefined ? " (SKIPPED: no gitleaks; run test/peers/build.sh)" : "";

const key = parseRootKey(formatRootKey(Uint8Array.from({ length: 32 }, (_, index) => index * 7)))!;

describe.skipIf(gitleaks === undefined)(`gitleaks${reason}`, () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  test("finds nothing in the state repository and in Terraform's files", () => {
    const state = synthesizeState(wholeFleet, publicKeys(wholeFleet, key));
    expect(found({ state, infra: synthesizeInfra(wholeFleet) })).toEqual([]);
  });

  test("finds what is planted", () => {
    const [device] = wholeFleet.devices;
    const { authorities } = deviceSecrets(wholeFleet, device!, key);
    const privateKey = authorities.get("client-ca.key")!;
    expect(privateKey).toContain("PRIVATE KEY");
    // Put together here, so that nobody finds it in this file.
    const token = ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_");
    const state = new Map([
      ["edge/telemetry/stable/secret.yaml", `stringData:\n  token: ${token}\n`],
      ["hub/fleet/clusters/store-01.yaml", `stringData:\n  key: |\n${indented(privateKey)}`],
      ["hub/gateway/gateway-peers.yaml", "data: {}\n"],
    ]);
    expect(found({ state })).toEqual([
      "state/edge/telemetry/stable/secret.yaml: github-pat",
      "state/hub/fleet/clusters/store-01.yaml: private-key",
    ]);
  });

  /** `path: rule` of each finding, sorted. */
  function found(trees: Readonly<Record<string, Tree>>): readonly string[] {
    const folder = mkdtempSync(join(tmpdir(), "flotilla-leaks-"));
    folders.push(folder);
    for (const [name, tree] of Object.entries(trees)) {
      for (const [path, text] of tree) {
        const place = join(folder, "tree", name, path);
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, text);
      }
    }
    const report = join(folder, "report.json");
    const options = ["--no-banner", "--report-format=json", `--report-path=${report}`];
    const { status, stderr } = spawnSync(gitleaks!, ["dir", "tree", ...options], {
      cwd: folder,
      encoding: "utf8",
      // Its rules are its own, whatever this machine's settings say.
      env: { PATH: process.env["PATH"], HOME: folder },
    });
    const findings = JSON.parse(readFileSync(report, "utf8")) as { File: string; RuleID: string }[];
    expect([status, findings.length > 0], stderr).toEqual(
      findings.length > 0 ? [1, true] : [0, false],
    );
    return findings
      .map(({ File, RuleID }) => `${File.slice("tree/".length)}: ${RuleID}`)
      .toSorted();
  }
});

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
