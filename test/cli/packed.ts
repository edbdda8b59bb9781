/** The package of this checkout, as `npm pack` makes it. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** `npm pack` writes into the folder that it packs, so it packs a copy: `checkout` in the folder. */
export function packInto(folder: string): Packed {
  const checkout = join(folder, "checkout");
  copyCheckout(checkout);
  const text = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: checkout,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [packed] = JSON.parse(text.slice(text.indexOf("["))) as [Packed];
  return packed;
}

function copyCheckout(checkout: string): void {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  for (const name of names.filter((each) => each !== "" && !each.startsWith("test/"))) {
    mkdirSync(dirname(join(checkout, name)), { recursive: true });
    copyFileSync(join(root, name), join(checkout, name));
  }
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
}

/** Whether npm failed only because it reached no registry. */
export function isWithoutRegistry(stderr: string): boolean {
  return /E(NOTFOUND|CONNREFUSED|AI_AGAIN|TIMEDOUT|NOTCACHED)|network/.test(stderr);
}
