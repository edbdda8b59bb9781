/** Definitions of kinds, from the folders of the peers, on a real API server. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiServer } from "../cli/hub/api-server.ts";
import { until } from "../e2e/processes.ts";

/** Server-side: they are too large for kubectl's own way. Waits until the server knows the kinds. */
export async function applyDefinitions(
  server: ApiServer,
  folders: readonly string[],
): Promise<void> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  await server.admin(["apply", "--server-side", "-f", "-"], files.join("\n---\n"));
  // kubectl says that a definition without any status yet is wrong, and does not wait.
  const established = ["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"];
  await until("the kinds are known", () => server.admin(established), 60);
}
