/**
 * registries.yaml of a device → what K3s makes of it → a real containerd (Debian's) that pulls from a real
 * registry with a login, an authority of its own and client certificates.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ContainerRegistries,
  type ContainerHost,
  type ContainerRegistriesProps,
} from "../../../edge/parts/container-registries.ts";
import { bareDevice } from "../devices.ts";
import { client, hasRegistry, ImageRegistry, mirror, server } from "../image-registry.ts";

/** All that the registry asks for. */
const host: ContainerHost = {
  login: { username: "reader", password: "correct" },
  authority: server.authority,
  client: { certificate: client.server, key: client.serverKey },
};
const { login: _login, ...anonymous } = host;
const { authority: _authority, ...untrusted } = host;
const { client: _client, ...clientless } = host;
const viaMirror = { "docker.io": { endpoints: [`https://${mirror}`] } };

describe.skipIf(!hasRegistry)("containerd (needs it, a registry, Squid, and root)", () => {
  const images = new ImageRegistry();
  beforeAll(() => images.start(), 60_000);
  afterAll(() => images.stop(), 60_000);

  const pull = (
    image: string,
    props: ContainerRegistriesProps,
    isKept?: (name: string) => boolean,
  ) => {
    const device = bareDevice();
    new ContainerRegistries(device, "registries", props);
    return images.pull(image, device, isKept);
  };

  test("pulls by the mirror of docker.io, with its login, authority and certificate", async () => {
    const hosts = { [mirror]: host };
    expect(await pull("docker.io/shop/board:1", { mirrors: viaMirror, hosts })).toBeNull();
  }, 60_000);

  test("pulls by the mirror of all others", async () => {
    const mirrors = { "*": { endpoints: [`https://${mirror}`] } };
    expect(await pull("quay.io/shop/board:1", { mirrors, hosts: { [mirror]: host } })).toBeNull();
  }, 60_000);

  test("takes the next endpoint if one does not answer", async () => {
    const endpoints = ["https://mirror.shop.example:5001", `https://${mirror}`];
    const props = { mirrors: { "docker.io": { endpoints } }, hosts: { [mirror]: host } };
    expect(await pull("docker.io/shop/board:1", props)).toBeNull();
  }, 60_000);

  test("pulls from the registry itself", async () => {
    expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: host } })).toBeNull();
  }, 60_000);

  test.each([
    ["another password", { ...host, login: { username: "reader", password: "wrong" } }, /401|auth/],
    ["no login", anonymous, /401|auth/],
    ["no authority", untrusted, /unknown authority/],
    ["no client certificate", clientless, /certificate required|bad certificate/],
  ])(
    "%s: refused",
    async (_name, own, why) => {
      expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: own } })).toMatch(why);
    },
    60_000,
  );

  test("any certificate is accepted where the fleet file says so", async () => {
    const insecure = { ...untrusted, insecure: true };
    expect(await pull(`${mirror}/shop/board:1`, { hosts: { [mirror]: insecure } })).toBeNull();
  }, 60_000);

  test("Docker Hub's login reaches it by the name that containerd has for it", async () => {
    const props = { hosts: { "docker.io": host } };
    expect(await pull("docker.io/shop/board:1", props)).toBeNull();
    // So did K3s before it knew both names.
    expect(
      await pull("docker.io/shop/board:1", props, (name) => name !== "registry-1.docker.io"),
    ).toMatch(/401|auth/);
  }, 60_000);
});
