/** The hub's end of the tunnel, as Argo CD reaches it. */
import { gatewayNamespace, hubPrograms } from "./hub.ts";
import type { World } from "./world.ts";

export async function tunnelAddress(world: World, name: string): Promise<string> {
  const secret = await world
    .hub()
    .plane.get<{ data: { server: string } }>("secret", name, "-n", "argocd");
  const server = Buffer.from(secret.data.server, "base64").toString();
  return new URL(server).hostname;
}

/** The proxy's answer to CONNECT and the output of curl after it, in the network of Argo CD. */
export async function throughProxy(world: World, address: string, port = 6443): Promise<string> {
  const curl = `curl --silent --show-error --insecure --max-time 10 --write-out 'HTTP %{http_connect} after %{time_total} s' \
    --proxy http://${await proxyAddress(world)} https://${address}:${port}/ 2>&1 || true`;
  return fromArgoCd(world, curl);
}

/** The address of the gateway's proxy, from its Service. */
export async function proxyAddress(world: World): Promise<string> {
  const { plane } = world.hub();
  return `${await plane.serviceAddress(gatewayNamespace, "gateway")}:3128`;
}

/** Runs a script in the network of Argo CD's controller. */
export function fromArgoCd(world: World, script: string): Promise<string> {
  const command = ["bash", "--norc", "-c", script];
  return world.hub().pods.inNetwork(hubPrograms.controller, command);
}
