/** The fleet that `status --watch` compares with. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { followFleet } from "../../../../cli/hub/status/followed-fleet.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { temporaryFolder } from "../../temporary.ts";

const example = join(import.meta.dirname, "../../../../fleet.yaml");

test("follows the file, and keeps what was there while the file has mistakes", async () => {
  const file = join(temporaryFolder(), "fleet.yaml");
  copyFileSync(example, file);
  const text = readFileSync(file, "utf8");
  let loads = 0;
  const load = async () => {
    loads += 1;
    return loadFleet(file).fleet.name;
  };
  const follow = followFleet(file, await load(), load);
  const [, name = ""] = /^fleet: (\S+)/m.exec(text) ?? [];
  expect([await follow(), await follow(), loads]).toEqual([{ state: name }, { state: name }, 1]);

  writeFileSync(file, text.replace(`fleet: ${name}`, "fleet: another"));
  expect([await follow(), await follow(), loads]).toEqual([
    { state: "another" },
    { state: "another" },
    2,
  ]);

  writeFileSync(file, `${text}oops: [\n`);
  const mistaken = { state: "another", problem: expect.stringContaining("has mistakes now") };
  expect([await follow(), await follow()]).toEqual([mistaken, mistaken]);

  writeFileSync(file, text);
  expect(await follow()).toEqual({ state: name });
});
