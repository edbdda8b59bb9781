/** A machine without any of the parts that `make e2e` needs. */
import { spawnSync } from "node:child_process";
import { temporaryFolder } from "../cli/temporary.ts";

/** Runs an entry there. @param main its absolute path */
export function runOnEmptyMachine(main: string, args: readonly string[]) {
  const empty = temporaryFolder();
  return spawnSync(process.execPath, ["--import", "tsx", main, ...args], {
    encoding: "utf8",
    env: { PATH: empty, HOME: empty },
  });
}
