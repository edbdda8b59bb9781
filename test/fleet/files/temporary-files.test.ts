import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test, vi } from "vitest";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { temporaryFolder } from "../../cli/temporary.ts";

test("a temporary folder says whose it is, and clears away those of stopped runs only", () => {
  vi.stubEnv("TMPDIR", temporaryFolder());
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const mine = makeTemporaryFolder("plan");
  expect(basename(mine)).toMatch(new RegExp(`^flotilla-plan\\..+\\.${process.pid}\\.\\w{6}$`));
  const place = (name: string) => join(tmpdir(), name);
  const stale = place(`flotilla-publish.${hostname()}.${dead}.abcdef`);
  const others = [
    place(`flotilla-publish.another-host.${dead}.abcdef`),
    place(`flotilla-test.${dead}`),
    place(`other-publish.${hostname()}.${dead}.abcdef`),
  ];
  for (const folder of [stale, ...others]) mkdirSync(folder);
  writeFileSync(join(stale, "clone"), "");
  const linked = temporaryFolder();
  const link = place(`flotilla-plan.${hostname()}.${dead}.abcdef`);
  symlinkSync(linked, link);
  const next = makeTemporaryFolder("publish");
  expect([stale, ...others, mine, next, link, linked].map((path) => existsSync(path))).toEqual([
    false,
    ...others.map(() => true),
    true,
    true,
    true,
    true,
  ]);
  for (const folder of [mine, next]) rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});
