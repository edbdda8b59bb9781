/** A server of Git's own protocol on loopback, for one test, with the faults that networks have. */
import { spawn } from "node:child_process";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface GitServer {
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
}

/**
 * Serves the repository at a path, for fetches and pushes.
 *
 * @param silentFrom connections from this one on, counted from 1, are accepted and get no answer
 */
export async function serveGit(repository: string, silentFrom: number): Promise<GitServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    connections += 1;
    if (connections >= silentFrom) return;
    // `git-receive-pack /path\0host=…\0`, behind its length in four digits; gitprotocol-pack(5).
    socket.once("data", (request) => {
      socket.pause();
      const [, service = ""] =
        /^.{4}git-(receive-pack|upload-pack) /.exec(request.toString()) ?? [];
      const child = spawn("git", [service, repository], { stdio: ["pipe", "pipe", "ignore"] });
      child.stdin.on("error", () => {});
      child.stdout.pipe(socket);
      socket.pipe(child.stdin);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `git://127.0.0.1:${port}/state.git`, connections: () => connections };
}
