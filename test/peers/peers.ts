/**
 * Where the real tools and the recorded behaviour are, or undefined where this machine has none:
 * the tests that need them then skip and say so. `build.sh` beside this file builds the tools.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const cache =
  process.env["FLOTILLA_PEERS"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "flotilla", "peers");

const shared = join(import.meta.dirname, "..", "..", "..", "shared");

/** A real tool (`butane-0.29.0`) or folder (`terraform-mirror`) of the cache, as an absolute path. */
export function peerPath(name: string): string | undefined {
  return present(join(cache, name));
}

/** A file or folder of the recorded behaviour (`vectors/iso`), which is not part of the product. */
export function sharedPath(name: string): string | undefined {
  return present(join(shared, name));
}

function present(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}
