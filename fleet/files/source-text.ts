/**
 * Texts that are files of the sources and go into what Flotilla makes: shell scripts, nftables
 * rules, Lua. They are read from the folder that Flotilla is installed in, so the path is the same
 * for the sources and for their bundle.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installationFolder } from "./installation.ts";

const texts = new Map<string, string>();

/** @param path from the top of the sources: `gitops/programs/tunnel/tunnel.sh` */
export function sourceText(path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(installationFolder(), path), "utf8");
  texts.set(path, text);
  return text;
}
