/** The proxy's settings, read by the real Squid; test/gitops/gateway sends requests through it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { sourceText } from "../../../../fleet/files/source-text.ts";
import { devicePort, proxyPort } from "../../../../fleet/model/contract.ts";

const settings = sourceText("gitops/programs/proxy/squid.conf");
const folder = mkdtempSync(join(tmpdir(), "flotilla-squid-"));
afterAll(() => rmSync(folder, { recursive: true }));

const squid = spawnSync("sh", ["-c", "command -v squid || command -v /usr/sbin/squid"]);
const missing = squid.status === 0 ? "" : " (SKIPPED: run test/peers/build.sh debian)";

function check(text: string): string {
  for (const name of ["pod-range.txt", "device-range.txt"]) {
    writeFileSync(join(folder, name), "100.64.0.0/21\n");
  }
  const file = join(folder, "squid.conf");
  writeFileSync(file, text.replaceAll("/etc/flotilla/settings", folder));
  // Squid opens its log by name, as another user: only a pipe of the shell lets it.
  const command = `"$0" -k parse -f "$1" 2>&1 | cat`;
  const { stdout } = spawnSync("sh", ["-c", command, squid.stdout.toString().trim(), file], {
    encoding: "utf8",
  });
  expect(stdout).toContain("Processing: http_port");
  const isComplaint = (line: string) => /unrecognized|ERROR|FATAL|WARNING/.test(line);
  return stdout.split("\n").filter(isComplaint).join("\n");
}

test.skipIf(missing !== "")(`Squid understands every line${missing}`, () => {
  expect(check(settings)).toBe("");
  expect(check(`${settings}no_such_thing on\n`)).toContain("no_such_thing");
});

test("the ports are those of the contract", () => {
  expect(settings).toContain(`\nhttp_port ${proxyPort}\n`);
  expect(settings).toContain(`\nacl api port ${devicePort}\n`);
});
