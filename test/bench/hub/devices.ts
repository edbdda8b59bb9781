/** Starts the devices of devices-process.ts beside a hub's control plane. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeLeaf } from "../../e2e/certificates.ts";
import { listens, run, type Processes } from "../../e2e/processes.ts";
import type { DevicesState } from "./devices-process.ts";
import { addressOf } from "./manifests.ts";

export interface DevicesOptions {
  /** The network namespace. */
  readonly namespace: string;
  /** That of the hub's control plane, with its authorities in `ca`. The devices get `devices`. */
  readonly folder: string;
  /** URL of the API server whose schema they have. */
  readonly upstream: string;
  readonly count: number;
}

export function setState(home: string, state: DevicesState): void {
  writeFileSync(join(home, "state.json"), JSON.stringify(state));
}

/** @returns the authority of their servers, PEM */
export async function startDevices(
  all: Processes,
  { namespace, folder, upstream, count }: DevicesOptions,
): Promise<{ readonly authority: Buffer }> {
  const home = join(folder, "devices");
  mkdirSync(home);
  await makeLeaf(join(folder, "ca"), home, {
    name: "tls",
    authority: "server-ca",
    subject: "/CN=device",
    usage: "serverAuth",
    alternativeNames: ["DNS:device"],
  });
  await makeLeaf(join(folder, "ca"), home, {
    name: "client",
    authority: "client-ca",
    subject: "/O=system:masters/CN=bench",
    usage: "clientAuth",
  });
  const authority = readFileSync(join(folder, "ca", "server-ca.crt"));
  writeFileSync(join(home, "upstream.crt"), authority);
  setState(home, { count, away: [0, 0] });
  const devices = all.service({
    name: "devices",
    namespace,
    command: [
      process.execPath,
      "--import",
      import.meta.resolve("tsx"),
      join(import.meta.dirname, "devices-process.ts"),
      home,
      upstream,
    ],
    ready: () => listens(namespace, 6443),
  });
  await devices.start();
  // What every device answers is asked for once, before anybody measures.
  for (const path of ["/openapi/v2", "/apis", "/api"]) {
    await run(["curl", "-sk", "--http2", `https://${addressOf(0)}:6443${path}`], { namespace });
  }
  return { authority };
}
