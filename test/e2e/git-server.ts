/**
 * The state repository as its host would serve it: bare repositories over smart HTTP, in a network
 * namespace. `git-server-process.ts` is the server itself.
 *
 * Traps handled here:
 * - A server in the harness's own process would not be in the namespace, so it is a separate process.
 * - git refuses a push by HTTP unless the repository allows it (`http.receivepack`), and refuses
 *   repositories of another user unless they are listed in `safe.directory`.
 */
import { join } from "node:path";
import { listens, run, type Processes, type Service } from "./processes.ts";

export interface GitServerOptions {
  readonly namespace: string;
  /** The folder of the bare repositories: `state.git` is served at `/state.git`. */
  readonly folder: string;
  /** The address of the namespace, as others reach it. */
  readonly address: string;
}

export interface GitServer {
  readonly service: Service;
  /** `http://ADDRESS:3000/NAME.git`. Makes the bare repository, with the branch main. */
  repository(name: string): Promise<string>;
}

const port = 3000;

export function gitServer(processes: Processes, options: GitServerOptions): GitServer {
  const { namespace, folder, address } = options;
  const service = processes.service({
    name: "git-server",
    namespace,
    command: [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      join(import.meta.dirname, "git-server-process.ts"),
      folder,
      String(port),
    ],
    ready: () => listens(namespace, port),
  });
  return {
    service,
    repository: async (name) => {
      const path = join(folder, `${name}.git`);
      await run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path]);
      await run(["git", "-C", path, "config", "http.receivepack", "true"]);
      return `http://${address}:${port}/${name}.git`;
    },
  };
}
