/** The rules of the tunnel, read by the real nft; test/gitops/gateway/attack.test.ts attacks them. */
import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { sourceText } from "../../../../fleet/files/source-text.ts";
import { devicePort } from "../../../../fleet/model/contract.ts";

const rules = sourceText("gitops/programs/tunnel/firewall.nft");
const isRoot = process.getuid?.() === 0;
const hasNft = spawnSync("nft", ["--version"]).error === undefined;
const missing = !isRoot ? " (SKIPPED: it needs root)" : hasNft ? "" : " (SKIPPED: there is no nft)";

/** In a network namespace of its own, twice: the second time the table is there already. */
function applied(more = ""): string {
  const apply = "nft --define interface=wg0 --define address=100.64.0.1 -f /dev/fd/3 3<<'END'";
  const command = `${apply}\n${rules}${more}END\n`;
  return execFileSync("unshare", ["--net", "sh", "-ec", `${command}${command}nft list ruleset`], {
    encoding: "utf8",
  });
}

test.skipIf(missing !== "")(`nft takes the rules, again and again${missing}`, () => {
  const text = applied();
  expect(text.match(/^table /gm)).toHaveLength(1);
  expect(text).toContain('iifname "wg0" ip daddr 100.64.0.1 tcp dport @open_ports accept');
  expect(text).not.toContain("elements");
});

test.skipIf(missing !== "")(`a port is open if it is added${missing}`, () => {
  expect(applied("add element inet flotilla open_ports { 8429, 8430 }\n")).toContain(
    "elements = { 8429, 8430 }",
  );
});

test("the gateway reaches the API servers' port and no other", () => {
  expect(rules.match(/dport \d+/g)).toEqual([`dport ${devicePort}`]);
});
