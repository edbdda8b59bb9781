/** The registries of a device of the fleet: the site's mirror comes first, and secrets are filled in. */
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { addRegistries } from "../../edge/device-registries.ts";
import { withCheckedProps } from "../../edge/props.ts";
import type { Registries } from "../../fleet/model/registries.ts";
import type { SecretReference } from "../../fleet/model/secret-reference.ts";
import { sampleSecrets } from "../sample.ts";
import { bareDevice } from "./devices.ts";

const reference = (name: string): SecretReference => ({
  form: "line",
  from: "env",
  name,
  place: { file: "fleet.yaml" },
});

const registries: Registries = {
  mirrors: [{ registry: "docker.io", endpoints: ["https://a.example.com"], rewrite: {} }],
  hosts: [
    {
      host: "a.example.com",
      login: { username: "till", password: reference("PASSWORD") },
      authority: { name: "ca.pem", pem: "CA\n" },
      client: { certificate: reference("CERT"), key: reference("KEY") },
      insecure: false,
    },
  ],
};
const outside = new Map([
  ["env:PASSWORD", "secret"],
  ["env:CERT", "CERT"],
  ["env:KEY", "KEY"],
]);

function filesWith(first: string | null, secrets = { ...sampleSecrets, outside }) {
  const device = bareDevice();
  withCheckedProps(device, () => addRegistries(device, registries, first, secrets));
  return new Map(
    device
      .toConfig()
      .storage?.files?.map(({ path, contents }) => [
        path.slice(path.lastIndexOf("/") + 1),
        "inline" in contents ? contents.inline : "",
      ]),
  );
}

test("secrets are read, and absent for a device without them", () => {
  expect(filesWith(null).get("registries.yaml")).toContain('"password":"secret"');
  expect(filesWith(null).get("client.key")).toBe("KEY\n");
  const { outside: _outside, ...without } = { ...sampleSecrets, outside };
  const device = bareDevice();
  withCheckedProps(device, () => addRegistries(device, registries, null, without));
  expect(device.toButane()).not.toMatch(/secret|KEY/);
});

test("the site's mirror is tried first for every registry", () => {
  const mirrorsOf = (first: string | null) =>
    (load(filesWith(first).get("registries.yaml") ?? "") as { mirrors: unknown }).mirrors;
  expect(mirrorsOf(null)).toEqual({ "docker.io": { endpoint: ["https://a.example.com"] } });
  expect(mirrorsOf("https://site.example.com")).toEqual({
    "*": { endpoint: ["https://site.example.com"] },
    "docker.io": { endpoint: ["https://site.example.com", "https://a.example.com"] },
  });
});
