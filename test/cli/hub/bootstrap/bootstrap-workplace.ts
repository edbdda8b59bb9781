/** A first fleet with its key, and a hub to bootstrap, of one test. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRootKey } from "../../../../fleet/keys/root-key.ts";
import { loadFleet, saveLock } from "../../../../fleet/resolve/load.ts";
import { grammar } from "../../../../gitops/grammar.ts";
import { flotilla, type Run } from "../../command-line.ts";
import { fakeHub, type FakeHub } from "../fake-kubectl.ts";
import { temporaryFolder } from "../../temporary.ts";

export const gke = "gke_cornercafe-edge-hub_us-east1_corner-cafe-hub";

export interface Workplace {
  readonly folder: string;
  readonly hub: FakeHub;
  readonly run: (...args: string[]) => Promise<Run>;
}

/** A first fleet with its key, and a hub that `kubectl` leads to. */
export async function workplace(context = gke): Promise<Workplace> {
  const folder = temporaryFolder();
  const hub = fakeHub(context);
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  saveLock(loadFleet(join(folder, "fleet.yaml"), { ...grammar, key: keyOf(folder) }));
  const run = (...args: string[]) => flotilla(folder, ["bootstrap", ...args], hub.environment);
  return { folder, hub, run };
}

export function keyOf(folder: string) {
  const key = parseRootKey(readFileSync(join(folder, "fleet.key"), "utf8"));
  if (!key) throw new Error("no key");
  return key;
}

export const fleetOf = (folder: string) => loadFleet(join(folder, "fleet.yaml")).fleet;

export const paths = {
  authority: "/api/v1/namespaces/argocd/secrets/hub-client-ca",
  gateways: "/api/v1/namespaces/flotilla-gateway/secrets/gateway-keys",
  repository: "/api/v1/namespaces/argocd/secrets/fleet-repository",
  mark: "/api/v1/namespaces/argocd/configmaps/flotilla-fleet",
};

export const decoded = (hub: FakeHub, path: string) =>
  Object.fromEntries(
    Object.entries(hub.object(path)?.data ?? {}).map(([name, text]) => [
      name,
      Buffer.from(text, "base64").toString(),
    ]),
  );

export function sshKey(folder: string, name = "reader"): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  writeFileSync(join(folder, name), text);
  return name;
}

export function setUrl(folder: string, url: string): void {
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^ {2}url: .*$/m, `  url: ${url}`));
}
