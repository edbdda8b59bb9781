import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HttpProxy, type HttpProxyProps } from "../../../edge/parts/http-proxy.ts";
import { bareDevice, inlineOf } from "../devices.ts";
import { withCheckedProps } from "../../../edge/props.ts";

const https = "http://proxy.shop.example:3128";
const lists = { except: ["localhost", ".shop.example"], exceptOfK3s: ["10.0.0.0/8"] };

function proxied(props: Partial<HttpProxyProps> = {}) {
  const device = bareDevice();
  new HttpProxy(device, "http-proxy", { https, ...lists, ...props });
  return device;
}

/** The variables of a file, as the shell and systemd read them. */
function variables(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => /^(\w+)="([^"\\$`]*)"$/.exec(line)?.slice(1) ?? [line]),
  );
}

test("every unit that downloads has the environment, and Ignition the same settings", () => {
  const device = proxied({ http: https });
  const files = [...device.owners.paths.keys()].filter((path) => path.endsWith(".conf"));
  expect(files.toSorted()).toEqual([
    "/etc/systemd/system/k3s-selinux.service.d/50-flotilla-proxy.conf",
    "/etc/systemd/system/k3s.service.d/50-flotilla-proxy.conf",
    "/etc/systemd/system/rpm-ostree-countme.service.d/50-flotilla-proxy.conf",
    "/etc/systemd/system/rpm-ostreed.service.d/50-flotilla-proxy.conf",
    "/etc/systemd/system/zincati.service.d/50-flotilla-proxy.conf",
  ]);
  expect(inlineOf(device, files[0] ?? "")).toMatch(/^\[Service\]\nEnvironmentFile=\/etc\/flot/);
  const common = {
    HTTP_PROXY: https,
    http_proxy: https,
    HTTPS_PROXY: https,
    https_proxy: https,
    NO_PROXY: "localhost,.shop.example",
    no_proxy: "localhost,.shop.example",
  };
  expect(variables(inlineOf(device, "/etc/flotilla/proxy.env"))).toEqual(common);
  expect(variables(inlineOf(device, "/etc/flotilla/proxy-k3s.env"))).toEqual({
    ...common,
    NO_PROXY: "localhost,.shop.example,10.0.0.0/8",
    no_proxy: "localhost,.shop.example,10.0.0.0/8",
    CONTAINERD_HTTP_PROXY: https,
    CONTAINERD_HTTPS_PROXY: https,
    CONTAINERD_NO_PROXY: "localhost,.shop.example",
  });
  expect(JSON.parse(device.toIgnition()).ignition.proxy).toEqual({
    httpProxy: https,
    httpsProxy: https,
    noProxy: ["localhost", ".shop.example"],
  });
});

test("without a proxy for http:// addresses there is no such variable", () => {
  const device = proxied();
  const names = Object.keys(variables(inlineOf(device, "/etc/flotilla/proxy.env")));
  expect(names).toEqual(["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"]);
  expect(device.toIgnition()).not.toContain("httpProxy");
});

test("only root reads a file with a login", () => {
  const modes = (device: ReturnType<typeof bareDevice>) =>
    (device.toConfig().storage?.files ?? [])
      .filter(({ path }) => path.endsWith(".env"))
      .map(({ mode }) => mode);
  expect(modes(proxied())).toEqual([0o644, 0o644]);
  expect(modes(proxied({ login: "till:secret" }))).toEqual([0o600, 0o600]);
  // Without its secrets a device of a fleet has an empty login.
  const device = bareDevice();
  withCheckedProps(device, () => {
    new HttpProxy(device, "http-proxy", { https, ...lists, login: "" });
  });
  expect(modes(device)).toEqual([0o600, 0o600]);
});

test("any login reaches the proxy as it is, whatever the characters mean to others", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (password) => {
      const device = proxied({ login: `till:${password}` });
      const text = inlineOf(device, "/etc/flotilla/proxy.env");
      const { HTTPS_PROXY: url = "" } = variables(text);
      expect(text).toMatch(/^[!-~\n]*$/);
      const found = new URL(url);
      expect(decodeURIComponent(found.password)).toBe(password);
      expect(found.host).toBe("proxy.shop.example:3128");
    }),
  );
});

test("a shell reads the variables as systemd does", () => {
  const device = proxied({ login: "till:a'b$(c)`d`\\\"e" });
  const text = inlineOf(device, "/etc/flotilla/proxy.env");
  const { stdout } = spawnSync("sh", ["-c", `${text}\nprintf %s "$HTTPS_PROXY"`], {
    encoding: "utf8",
  });
  expect(stdout).toBe(variables(text)["HTTPS_PROXY"]);
});
