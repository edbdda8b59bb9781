/** The proxy's drop-ins and files, read by Debian's systemd: what each unit has in its environment. */
import { expect, test } from "vitest";
import { HttpProxy } from "../../../edge/parts/http-proxy.ts";
import { bareDevice } from "../devices.ts";
import { proxyPassword } from "../image-registry.ts";
import { environmentsOf, hasSystemd } from "../systemd-user.ts";

const others = [
  "rpm-ostreed.service",
  "rpm-ostree-countme.service",
  "zincati.service",
  "k3s-selinux.service",
];

test.skipIf(!hasSystemd)(
  "every unit that downloads has the proxy (needs systemd, and root)",
  () => {
    const device = bareDevice();
    new HttpProxy(device, "http-proxy", {
      http: "http://proxy.shop.example:3128",
      https: "http://[2001:db8::7]:3128",
      login: `till:${proxyPassword}`,
      except: ["localhost", ".shop.example", "10.0.0.0/8", "2001:db8::/32"],
      exceptOfK3s: [".svc"],
    });
    const found = environmentsOf(device, [...others, "k3s.service", "own.service"]);
    const password = "p%40ss%3Aw%2Frd%27s%25%24%20%5C%22";
    const login = `till:${password}`;
    expect(decodeURIComponent(password)).toBe(proxyPassword);
    const own = {
      HTTP_PROXY: `http://${login}@proxy.shop.example:3128`,
      HTTPS_PROXY: `http://${login}@[2001:db8::7]:3128`,
      NO_PROXY: "localhost,.shop.example,10.0.0.0/8,2001:db8::/32",
    };
    const inBothCases = (variables: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(variables).flatMap(([name, value]) => [
          [name, value],
          [name.toLowerCase(), value],
        ]),
      );
    const proxiesOf = (unit: string) =>
      Object.fromEntries(
        Object.entries(found[unit] ?? {}).filter(([name]) => /_proxy$/i.test(name)),
      );
    for (const unit of others) expect(proxiesOf(unit), unit).toEqual(inBothCases(own));
    expect(proxiesOf("k3s.service")).toEqual({
      ...inBothCases({ ...own, NO_PROXY: `${own.NO_PROXY},.svc` }),
      CONTAINERD_HTTP_PROXY: own.HTTP_PROXY,
      CONTAINERD_HTTPS_PROXY: own.HTTPS_PROXY,
      CONTAINERD_NO_PROXY: own.NO_PROXY,
    });
    expect(proxiesOf("own.service")).toEqual({});
  },
  120_000,
);
