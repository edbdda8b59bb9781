import { load } from "js-yaml";
import { expect, test } from "vitest";
import {
  ContainerRegistries,
  type ContainerRegistriesProps,
} from "../../../edge/parts/container-registries.ts";
import { bareDevice, inlineOf } from "../devices.ts";

const folder = "/etc/rancher/k3s/registries";
const pem = (label: string, body: string) =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const authority = pem("CERTIFICATE", "QQ==");
const certificate = pem("CERTIFICATE", "Qg==");
const key = pem("EC PRIVATE KEY", "Qw==");

test("K3s' file has everything, and the certificates have files beside it", () => {
  const device = bareDevice();
  new ContainerRegistries(device, "registries", {
    mirrors: {
      "docker.io": { endpoints: ["https://a.example.com"], rewrite: { "^(.*)$": "hub/$1" } },
      "*": { endpoints: ["https://b.example.com"] },
    },
    hosts: {
      "a.example.com:5000": {
        login: { username: "till", password: 'p"w: #' },
        authority,
        client: { certificate, key },
      },
      "b.example.com": { insecure: true },
      "c.example.com": { insecure: false },
    },
  });
  const files = new Map(
    device.toConfig().storage?.files?.map(({ path, mode, contents }) => {
      expect(mode).toBe(0o600);
      return [path, "inline" in contents ? contents.inline : undefined];
    }),
  );
  const host = `${folder}/a.example.com_5000`;
  expect(files.get(`${host}/ca.pem`)).toBe(authority);
  expect(files.get(`${host}/client.pem`)).toBe(certificate);
  expect(files.get(`${host}/client.key`)).toBe(key);
  expect(files.size).toBe(4);
  expect(load(files.get("/etc/rancher/k3s/registries.yaml") ?? "")).toEqual({
    mirrors: {
      "docker.io": { endpoint: ["https://a.example.com"], rewrite: { "^(.*)$": "hub/$1" } },
      "*": { endpoint: ["https://b.example.com"] },
    },
    configs: {
      "a.example.com:5000": {
        auth: { username: "till", password: 'p"w: #' },
        tls: {
          ca_file: `${host}/ca.pem`,
          cert_file: `${host}/client.pem`,
          key_file: `${host}/client.key`,
        },
      },
      "b.example.com": { tls: { insecure_skip_verify: true } },
      "c.example.com": {},
    },
  });
});

test("Docker Hub's login has both of its names, unless the fleet file writes the second", () => {
  const configsOf = (hosts: ContainerRegistriesProps["hosts"]) => {
    const device = bareDevice();
    new ContainerRegistries(device, "registries", { ...(hosts && { hosts }) });
    const text = inlineOf(device, "/etc/rancher/k3s/registries.yaml");
    return (load(text) as { readonly configs: unknown }).configs;
  };
  const login = { username: "till", password: "a" };
  const other = { username: "till", password: "b" };
  expect(configsOf({ "docker.io": { login } })).toEqual({
    "docker.io": { auth: login },
    "registry-1.docker.io": { auth: login },
  });
  expect(configsOf({ "docker.io": { login }, "registry-1.docker.io": { login: other } })).toEqual({
    "docker.io": { auth: login },
    "registry-1.docker.io": { auth: other },
  });
});
