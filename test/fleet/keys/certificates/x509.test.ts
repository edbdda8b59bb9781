/**
 * What the certificates allow and refuse, by Go's crypto/x509, which is what Argo CD, K3s and
 * kube-apiserver verify with: test/peers/x509-check signs with our authorities and verifies.
 */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  adminCertificate,
  deviceAuthorities,
  fleetRootCertificate,
  hubClientAuthority,
} from "../../../../fleet/keys/authorities.ts";
import { deviceSecrets } from "../../../../fleet/keys/secrets.ts";
import type { Device } from "../../../../fleet/model/device.ts";
import type { Fleet } from "../../../../fleet/model/fleet.ts";
import { labelPattern, deviceNameProblem, sharedHostNames } from "../../../../fleet/model/names.ts";
import { peerPath } from "../../../peers/peers.ts";
import { sampleFleet } from "../../../sample.ts";
import { ann, blocksOf, deviceLike, deviceOf, sampleKey } from "./sample.ts";
import { hubUser } from "../../../../fleet/model/contract.ts";

const peer = peerPath("x509-check");

interface Check {
  readonly authority?: string;
  readonly leaf?: string;
  readonly key: string;
  readonly roots: string;
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly user?: string;
  readonly verify?: string;
  readonly through?: boolean;
}

/** What Go says against each; "" is nothing. */
function verdicts(checks: readonly Check[]): string[] {
  const input = JSON.stringify(checks.map((check) => ({ ...check, time: ann.notBefore })));
  return JSON.parse(execFileSync(peer ?? "", { input, encoding: "utf8" })) as string[];
}

function verdict(check: Check): string {
  return verdicts([check])[0] ?? "";
}

const root = fleetRootCertificate(sampleFleet, sampleKey);

function filesOf(device: Device, name: string) {
  const texts = deviceAuthorities(sampleFleet, device, sampleKey);
  return { authority: texts.get(`${name}.crt`) ?? "", key: texts.get(`${name}.key`) ?? "" };
}

/** What a device's API server verifies clients by, in an image of this fleet. */
function trustedBy(device: Device, fleet: Fleet): string {
  const { authorities, hub } = deviceSecrets(fleet, device, sampleKey);
  return [authorities.get("client-ca.crt"), ...hub.map(({ authority }) => authority)].join("");
}

/** One device's server authority signs for names, and the hub asks for the last of them. */
function served(device: Device, ...names: string[]): Check {
  return { ...filesOf(device, "server-ca"), roots: root, names, verify: names.at(-1) ?? "" };
}

describe.skipIf(peer === undefined)("Go's crypto/x509 (needs the peer x509-check)", () => {
  const devices = sampleFleet.devices.map((device) => [device.name, device] as const);

  test.each(devices)("%s is known to the hub by what K3s signs", (_name, device) => {
    const names = [device.name, ...sharedHostNames, device.serverName];
    const addresses = ["127.0.0.1", "::1", "10.43.0.1", "192.168.7.31", device.address];
    expect(verdict({ ...served(device, ...names), addresses })).toBe("");
  });

  const store = deviceOf("store-01");
  const older = deviceLike("store-01", 1);
  const newer = deviceLike("store-01", 3);

  test.each<[string, Device, string[]]>([
    ["another device", store, [deviceOf("kiosk-01").serverName]],
    ["another device, beside its own name", store, ["kiosk-01.harbor.internal", store.serverName]],
    ["another device's node", store, ["kiosk-01"]],
    ["a newer generation of itself", store, [newer.serverName]],
    ["the first generation of itself", store, [older.serverName]],
    ["a later generation, by the first one", older, [store.serverName]],
    ["a name of the hub", store, ["argocd-server.argocd.svc.cluster.local"]],
    ["a name of the internet", store, ["git.harbor.example"]],
  ])("a server authority can't vouch for %s", (_what, device, names) => {
    expect(verdict(served(device, ...names))).toMatch(/not permitted by any constraint/);
  });

  test("a server authority makes no client, and no authority", () => {
    const client = { ...filesOf(store, "server-ca"), roots: root, user: hubUser };
    expect(verdict(client)).toMatch(/incompatible key usage/);
    expect(verdict({ ...served(store, store.serverName), through: true })).toMatch(
      /too many intermediates/,
    );
  });

  test("the hub knows the device by no other authority, and another fleet not at all", () => {
    for (const name of ["client-ca", "request-header-ca", "etcd/server-ca"]) {
      const check = { ...filesOf(store, name), roots: root, names: [store.serverName] };
      expect(verdict({ ...check, verify: store.serverName }), name).toMatch(/unknown authority/);
    }
    const pine = fleetRootCertificate({ ...sampleFleet, name: "pine" }, sampleKey);
    const there = { ...served(store, store.serverName), roots: pine };
    expect(verdict(there)).toMatch(/unknown authority/);
  });

  const hub = hubClientAuthority(sampleFleet, sampleKey, 1);
  const asHub = { authority: hub.certificate, key: hub.privateKey, user: hubUser };
  const clientsOf = (device: Device) => trustedBy(device, sampleFleet);

  test.each(devices)("the hub is a client of %s", (_name, device) => {
    expect(verdict({ ...asHub, roots: clientsOf(device) })).toBe("");
    expect(verdict({ ...asHub, roots: clientsOf(device), through: true })).not.toBe("");
  });

  test.each(devices)(
    "an image knows this generation of the hub and the next: %s",
    (_name, device) => {
      const second = { ...sampleFleet, hub: { generation: 2 } };
      for (const [generation, before, after] of [
        [1, "", "unknown authority"],
        [2, "", ""],
        [4, "", ""],
        [5, "unknown authority", "unknown authority"],
      ] as const) {
        const { certificate: authority, privateKey } = hubClientAuthority(
          sampleFleet,
          sampleKey,
          generation,
        );
        const check = { authority, key: privateKey, user: hubUser };
        expect(verdict({ ...check, roots: clientsOf(device) })).toContain(before);
        expect(verdict({ ...check, roots: trustedBy(device, second) })).toContain(after);
      }
    },
  );

  test("K3s' own parts, the kubelet among them, do not know the hub", () => {
    const roots = filesOf(store, "client-ca").authority;
    expect(verdict({ ...asHub, roots })).toMatch(/unknown authority/);
  });

  test("the hub's authority makes no server", () => {
    const name = store.serverName;
    const check = { ...asHub, roots: hub.certificate, names: [name], verify: name };
    expect(verdict(check)).toMatch(/incompatible key usage/);
  });

  test("a device's own clients are clients there, and nowhere else", () => {
    const own = { ...filesOf(store, "client-ca"), user: "system:admin" };
    expect(verdict({ ...own, roots: clientsOf(store) })).toBe("");
    for (const other of [deviceOf("kiosk-01"), deviceOf("depot-01"), older, newer]) {
      expect(verdict({ ...own, roots: clientsOf(other) })).toMatch(/unknown authority/);
      const header = filesOf(other, "request-header-ca").authority;
      expect(verdict({ ...own, roots: header })).toMatch(/unknown authority/);
    }
  });

  test("an administrator is a client at one device, of one generation", () => {
    const { certificate, privateKey } = adminCertificate(sampleFleet, store, sampleKey, ann);
    const check = { leaf: certificate, key: privateKey };
    expect(verdict({ ...check, roots: clientsOf(store) })).toBe("");
    expect(verdict({ ...check, roots: clientsOf(newer) })).toMatch(/unknown authority/);
    expect(verdict({ ...check, roots: clientsOf(deviceOf("kiosk-01")) })).not.toBe("");
  });

  test("etcd's and the front proxy's authorities sign for both ends", () => {
    for (const name of ["request-header-ca", "etcd/server-ca", "etcd/peer-ca"]) {
      const { authority, key } = filesOf(store, name);
      const roots = blocksOf(authority)[0] ?? "";
      const check = { authority, key, roots, names: ["localhost"], verify: "localhost" };
      const client = { authority, key, roots, user: "system:auth-proxy" };
      expect(verdicts([check, client]), name).toEqual(["", ""]);
    }
  });
});

describe.skipIf(peer === undefined)("random fleets, by Go (needs the peer x509-check)", () => {
  const word = fc.constantFrom("a", "b", "g", "g2", "g3", "internal", "svc", "harbor", "local");
  const name = fc
    .oneof(word, fc.stringMatching(/^g[1-9][0-9]?$/), fc.stringMatching(/^[a-c][a-c-]{0,2}[a-c]$/))
    .filter((text) => labelPattern.test(text));
  const devices = fc
    .tuple(name, fc.integer({ min: 1, max: 12 }))
    .map(([own, generation]) => deviceLike(own, generation));
  const pairs = fc.sample(fc.tuple(devices, devices), { numRuns: 250, seed: 5 });
  const sound = pairs.filter((pair) =>
    pair.every((each) => deviceNameProblem(each.name) === undefined),
  );

  test("each is known by its own name", () => {
    const all = verdicts(sound.map(([device]) => served(device, device.name, device.serverName)));
    expect(new Set(all)).toEqual(new Set([""]));
  });

  test("none can vouch for another name, nor for another generation", () => {
    const different = sound.filter(([one, other]) => one.serverName !== other.serverName);
    expect(different.length).toBeGreaterThan(60);
    const all = verdicts(different.map(([one, other]) => served(one, other.serverName)));
    expect(all.filter((each) => !/not permitted by any constraint/.test(each))).toEqual([]);
  });

  test.each([
    ["internal", deviceOf("store-01").serverName],
    ["g2", deviceOf("store-01").serverName],
    ["local", "kubernetes.default.svc.cluster.local"],
    ["svc", "metrics-server.kube-system.svc"],
  ])("a device called %s could vouch for %s, and is refused", (reserved, other) => {
    expect(verdict(served(deviceLike(reserved, 1), other))).toBe("");
    expect(deviceNameProblem(reserved)).toContain("cannot be the name of a device");
  });
});
