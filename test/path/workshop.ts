/** A folder of the test's own with a fleet and a fixed root key, and the command line in it. */
import { spawnSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RootKey, formatRootKey } from "../../fleet/keys/root-key.ts";

const root = join(import.meta.dirname, "..", "..");
export const workshopKeyBytes = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);

export const exampleText = readFileSync(join(root, "fleet.yaml"), "utf8");
export const workshopKey = new RootKey(workshopKeyBytes);

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workshop {
  readonly folder: string;
  readonly #variables: Readonly<Record<string, string>>;

  /** @param variables added to the environment of every command */
  constructor(fleetText = exampleText, variables: Readonly<Record<string, string>> = {}) {
    this.#variables = variables;
    this.folder = mkdtempSync(join(tmpdir(), "flotilla-path-"));
    writeFileSync(this.path("fleet.yaml"), fleetText);
    writeFileSync(this.path("fleet.key"), formatRootKey(workshopKeyBytes), { mode: 0o600 });
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Runs `flotilla` as a user would. */
  run(...args: readonly string[]): Outcome {
    const script = join(root, "cli", "flotilla.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, ...this.#variables },
      maxBuffer: 2 ** 28,
    });
    return { status, stdout, stderr };
  }

  /** Every file below a folder: relative path → bytes. */
  files(folder: string): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const entry of readdirSync(this.path(folder), { recursive: true, encoding: "utf8" })) {
      const place = this.path(folder, entry);
      // The index of a synthesis has the time stamps of files, which differ between folders.
      if (/(^|\/)\.index\//.test(entry)) continue;
      if (lstatSync(place).isFile()) found.set(entry, readFileSync(place));
    }
    return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
