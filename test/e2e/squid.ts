/**
 * Squid as the proxy between the hub and the tunnels.
 *
 * Traps handled here:
 * - It gives up root for the user `proxy`, who must be able to read its configuration.
 * - Killed with -9 it leaves a file with its process id, and the next one refuses to start while
 *   another process has that id; all namespaces share the file, so the configuration should say
 *   `pid_filename none`.
 * - Its spool and logs are where the configuration says; the harness only sees its standard output.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { listens, type Processes, type Service } from "./processes.ts";

export interface SquidOptions {
  readonly namespace: string;
  /** Where the configuration is written: a folder that everybody can enter. */
  readonly path: string;
  readonly configuration: string;
  /** Of the configuration's `http_port`. */
  readonly port: number;
}

export function squid(processes: Processes, options: SquidOptions): Service {
  const { namespace, path, configuration, port } = options;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, configuration);
  chmodSync(path, 0o644);
  return processes.service({
    name: "squid",
    namespace,
    // In the foreground, one process, and messages to standard error.
    command: ["squid", "-N", "-d", "1", "-f", path],
    ready: () => listens(namespace, port),
  });
}
