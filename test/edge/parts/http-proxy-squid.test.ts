/**
 * What a device's programs make of its proxy, behind a real one (Squid) that asks for a login: curl, whose library
 * rpm-ostree uses, and containerd, which is written in Go as K3s is. Ignition's downloads, also
 * through a proxy that inspects TLS, are in test/emulator/downloads.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ContainerRegistries } from "../../../edge/parts/container-registries.ts";
import { HttpProxy } from "../../../edge/parts/http-proxy.ts";
import { bareDevice } from "../devices.ts";
import { client, hasRegistry, ImageRegistry, mirror, server } from "../image-registry.ts";
import { proxyPassword } from "../image-registry.ts";

const proxyUrl = "http://proxy.shop.example:3128";
const login = `till:${proxyPassword}`;

function behindProxy(own: { readonly login?: string; readonly except?: readonly string[] }) {
  const device = bareDevice();
  const { except = ["localhost"] } = own;
  const exceptOfK3s = ["10.42.0.0/16", "mirror.shop.example"];
  new HttpProxy(device, "http-proxy", {
    http: proxyUrl,
    https: proxyUrl,
    except,
    exceptOfK3s,
    ...(own.login !== undefined && { login: own.login }),
  });
  const host = {
    login: { username: "reader", password: "correct" },
    authority: server.authority,
    client: { certificate: client.server, key: client.serverKey },
  };
  new ContainerRegistries(device, "registries", { hosts: { [mirror]: host } });
  return device;
}

const seen = (status: number, user = "till") => `${user} CONNECT ${mirror} ${status}`;

describe.skipIf(!hasRegistry)("behind Squid (needs it, containerd, a registry, and root)", () => {
  const images = new ImageRegistry();
  beforeAll(() => images.start(), 60_000);
  afterAll(() => images.stop(), 60_000);
  const image = `${mirror}/shop/board:1`;

  test("images come through the proxy, with its login", async () => {
    expect(await images.pull(image, behindProxy({ login }))).toBeNull();
    expect(new Set(await images.proxied())).toEqual(new Set([seen(200)]));
  }, 60_000);

  test("without the login none comes", async () => {
    expect(await images.pull(image, behindProxy({}))).toMatch(/Proxy Authentication Required/);
    expect(new Set(await images.proxied())).toEqual(new Set([seen(407, "-")]));
  }, 60_000);

  test.each([["mirror.shop.example"], [".shop.example"], ["shop.example"]])(
    "images of an exception come directly: %s",
    async (except) => {
      expect(await images.pull(image, behindProxy({ login, except: [except] }))).toBeNull();
      expect(await images.proxied()).toEqual([]);
    },
    60_000,
  );

  const ask = (address: string) =>
    `curl --silent --show-error --cacert ca.pem --cert client.pem --key client.key --user reader:correct ${address}`;

  test("curl goes the same ways, by the environment of rpm-ostree", async () => {
    const file = "/etc/flotilla/proxy.env";
    const address = `https://${mirror}/v2/shop/board/tags/list`;
    const tags = '{"name":"shop/board","tags":["1"]}\n';
    expect(images.run(behindProxy({ login }), file, ask(address))).toBe(tags);
    expect(await images.proxied()).toEqual([seen(200)]);
    expect(images.run(behindProxy({}), file, ask(address))).toContain("407");
    expect(await images.proxied()).toEqual([seen(407, "-")]);
    for (const except of ["mirror.shop.example", ".shop.example", "127.0.0.0/8"]) {
      const found = images.run(behindProxy({ login, except: [except] }), file, ask(address));
      // A range is for addresses in URLs, not for names that lead to them.
      const isDirect = !except.includes("/");
      expect([except, found, await images.proxied()]).toEqual([
        except,
        tags,
        isDirect ? [] : [seen(200)],
      ]);
    }
    const plain = ask("http://mirror.shop.example:5000/");
    images.run(behindProxy({ login }), file, plain);
    expect(await images.proxied()).toEqual(["till GET http://mirror.shop.example:5000/ 400"]);
  });
});
