/** The container registries of a device of the fleet, with the secrets that the fleet file refers to. */
import type { Registries } from "../fleet/model/registries.ts";
import { outsideSecret } from "../fleet/model/secret-reference.ts";
import type { DeviceSecrets } from "../fleet/model/secrets.ts";
import type { EdgeDevice } from "./device.ts";
import { ContainerRegistries } from "./parts/container-registries.ts";

/** Registries without mirrors of their own. */
const anyOther = { registry: "*", endpoints: [], rewrite: {} };

/** @param first the site's own mirror, which is tried before all others; null: there is none */
export function addRegistries(
  edge: EdgeDevice,
  { mirrors, hosts }: Registries,
  first: string | null,
  { outside }: DeviceSecrets,
): void {
  const any = first === null || mirrors.some(({ registry }) => registry === "*") ? [] : [anyOther];
  const own = first === null ? [] : [first];
  new ContainerRegistries(edge, "container-registries", {
    mirrors: Object.fromEntries(
      [...any, ...mirrors].map(({ registry, endpoints, rewrite }) => [
        registry,
        { endpoints: [...new Set([...own, ...endpoints])], rewrite },
      ]),
    ),
    hosts: Object.fromEntries(
      hosts.map(({ host, login, authority, client, insecure }) => [
        host,
        {
          insecure,
          ...(login && {
            login: { username: login.username, password: outsideSecret(outside, login.password) },
          }),
          ...(authority && { authority: authority.pem }),
          ...(client && {
            client: {
              certificate: `${outsideSecret(outside, client.certificate)}\n`,
              key: `${outsideSecret(outside, client.key)}\n`,
            },
          }),
        },
      ]),
    ),
  });
}
