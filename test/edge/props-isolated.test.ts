/** What a fleet declares is valid by the rules for props, too: neither set of rules is stricter. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import * as edge from "../../edge/index.ts";
import { EdgeApp } from "../../edge/app.ts";
import { fleetDevice } from "../../edge/fleet-devices.ts";
import { requireProps } from "../../edge/props.ts";
import { fleetRootCertificate } from "../../fleet/keys/authorities.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { secretId, secretReferences, type SecretForm } from "../../fleet/model/secret-reference.ts";
import { sampleFleet } from "../sample.ts";
import { fleetOf } from "./snippet-fleet.ts";

vi.mock("../../edge/props.ts", async (original) => {
  const real = await original<typeof import("../../edge/props.ts")>();
  return {
    ...real,
    requireProps: vi.fn(real.requireProps),
    // As if no part was of a fleet.
    withCheckedProps: (_scope: unknown, make: () => void) => make(),
  };
});

const key = new RootKey(new Uint8Array(32).fill(3));
const examples = readFileSync(
  join(import.meta.dirname, "..", "..", "docs", "reference", "every-key.yaml"),
  "utf8",
);
const certificate = fleetRootCertificate(sampleFleet, key);

/** What the secrets of the fleet file can be, by their form. */
const texts: Readonly<Record<SecretForm, string>> = {
  line: "secret",
  pem: certificate.trimEnd(),
  "password-hash": "$y$j9T$salt$hashhash",
  "wifi-passphrase": "correct horse",
  "proxy-login": "till:secret",
};

test("parts accept whatever fleet.yaml accepts: every key of its reference", () => {
  const [machines = ""] = /^profiles:[^]*(?=^workloads:)/m.exec(examples) ?? [];
  const text = machines.replaceAll(/^ +hub: .*\n/gm, "");
  const fleet = fleetOf(text, { "company-ca.pem": certificate, "mirror-ca.pem": certificate });
  for (const device of [...fleet.devices, ...sampleFleet.devices]) {
    const outside = new Map(
      secretReferences(device.machine).map((each) => [secretId(each), texts[each.form]]),
    );
    const of = sampleFleet.devices.includes(device) ? sampleFleet : fleet;
    const secrets = deviceSecrets(of, device, key, outside);
    expect(() =>
      fleetDevice(new EdgeApp(), of, { ...device, parts: undefined }, secrets),
    ).not.toThrow();
  }
  const made = new Set(vi.mocked(requireProps).mock.calls.map(([part]) => part.constructor.name));
  // The app, and each part with props, but RegistryMirror: the registries of the reference take its place.
  const names = Object.keys(edge).filter((name) => name !== "RegistryMirror" && made.has(name));
  expect(names).toHaveLength(made.size);
  expect(made.size).toBe(23);
});
