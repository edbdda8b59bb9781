/** What every benchmark of a hub needs: a folder, a network namespace, and processes that end with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaces } from "../../e2e/namespaces.ts";
import { processes } from "../../e2e/processes.ts";

/** @param prefix of the name of the folder */
export function hubBench(prefix: string) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const network = namespaces();
  const namespace = network.add({ label: "bench" });
  const all = processes(folder);
  return {
    folder,
    namespace,
    all,
    /** Measures, removes everything that it made, and ends this process. KEEP=1 keeps the folder. */
    async run(measure: () => Promise<unknown>): Promise<never> {
      try {
        await measure();
      } finally {
        await all.end();
        network.remove();
        if (process.env["KEEP"] === undefined) rmSync(folder, { recursive: true, force: true });
        else console.error(folder);
      }
      process.exit(process.exitCode ?? 0);
    },
  };
}
