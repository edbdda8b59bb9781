/** Random small fleets and random edits of them, as fleet.yaml. */
import fc from "fast-check";
import { fleetOptions, withOptions } from "./fleet-options.ts";

const rings = ["canary", "early", "stable"] as const;
export const releases = ["v1.36.4+k3s1", "v1.36.5+k3s1", "v1.36.5+k3s2"];
const windows = [
  undefined,
  { days: ["Mon"], start: "02:00", lengthMinutes: 60 },
  { days: ["Sat", "Sun"], start: "22:00", lengthMinutes: 300 },
];

interface DeviceModel {
  readonly site: string;
  readonly profile: string;
  readonly ring: string | undefined;
  readonly role: string | undefined;
  readonly generation: number;
  readonly address: string | undefined;
}

interface Model {
  readonly domain: string;
  readonly disk: string;
  readonly windows: Readonly<Record<string, (typeof windows)[number]>>;
  readonly siteRing: string | undefined;
  readonly devices: Readonly<Record<string, DeviceModel>>;
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly selector: string | undefined;
  readonly siteMessage: string | undefined;
  readonly k3s: Readonly<Record<string, string>> | undefined;
  readonly platform: boolean;
  readonly secret: boolean;
  readonly sshKey: boolean;
  /** Names in fleetOptions. */
  readonly options: readonly string[];
}

const deviceNames = ["till-1", "till-2", "till-3", "kiosk", "oven"];
const sites = ["bath", "cork"];
const ring = fc.constantFrom(...rings);
const optional = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: undefined });
const byRing = (of: fc.Arbitrary<string>) => fc.record({ canary: of, early: of, stable: of });
const version = fc.constantFrom("1.9.0", "1.9.1");

const device: fc.Arbitrary<DeviceModel> = fc.record({
  site: fc.constantFrom(...sites),
  profile: fc.constantFrom("mini-pc", "board"),
  ring: optional(ring),
  role: optional(fc.constantFrom("till", "kiosk")),
  generation: fc.constantFrom(1, 1, 1, 2),
  address: optional(fc.constantFrom("203.0.113.8", "203.0.113.9")),
});

const optionNames = Object.keys(fleetOptions);

const fields: { readonly [Key in keyof Model]: fc.Arbitrary<Model[Key]> } = {
  domain: fc.constantFrom("a.example.com", "b.example.com"),
  disk: fc.constantFrom("/dev/sda", "/dev/sdb"),
  windows: fc.record({ bath: fc.constantFrom(...windows), cork: fc.constantFrom(...windows) }),
  siteRing: optional(ring),
  devices: fc.dictionary(fc.constantFrom(...deviceNames), device, { maxKeys: 5 }),
  versions: fc.dictionary(fc.constantFrom("point-of-sale", "telemetry"), byRing(version)),
  selector: optional(fc.constantFrom("till", "kiosk")),
  siteMessage: optional(fc.constantFrom("Hello", "Welcome")),
  k3s: optional(byRing(fc.constantFrom(...releases))),
  platform: fc.boolean(),
  secret: fc.boolean(),
  sshKey: fc.boolean(),
  options: fc.subarray(optionNames, { maxLength: 12 }),
};

const model: fc.Arbitrary<Model> = fc.record(fields);

type Edit = (model: Model) => Model;

/**
 * One part of the fleet becomes that of another fleet: the whole part, or one device in it. Or a device gets
 * another name, or an option is added or taken away.
 */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.constantFrom(...optionNames).map((name): Edit => ({ options, ...one }) => ({
    ...one,
    options: options.includes(name) ? options.filter((each) => each !== name) : [...options, name],
  })),
  fc.tuple(fc.nat(), fc.constantFrom(...deviceNames)).map(([number, next]): Edit => (one) => {
    const devices = Object.entries(one.devices);
    const at = number % Math.max(1, devices.length);
    if (next in one.devices) return one;
    const renamed = devices.map(([name, each], index) => [index === at ? next : name, each]);
    return { ...one, devices: Object.fromEntries(renamed) as Model["devices"] };
  }),
  fc
    .tuple(fc.constantFrom(...(Object.keys(fields) as (keyof Model)[])), model)
    .map(([key, other]): Edit => (one) => ({ ...one, [key]: other[key] })),
  fc.tuple(fc.nat(), optional(device)).map(([number, other]): Edit => (one) => {
    const names = Object.keys(one.devices).length > 0 ? Object.keys(one.devices) : deviceNames;
    const name = names[number % names.length] ?? "till-1";
    const { [name]: _, ...rest } = one.devices;
    return { ...one, devices: other === undefined ? rest : { ...rest, [name]: other } };
  }),
  fc
    .tuple(fc.nat(), fc.constantFrom("ring", "role", "site", "generation"), device)
    .map(([number, key, other]): Edit => (one) => {
      const names = Object.keys(one.devices);
      const name = names[number % names.length];
      const old = name === undefined ? undefined : one.devices[name];
      if (name === undefined || old === undefined) return one;
      return { ...one, devices: { ...one.devices, [name]: { ...old, [key]: other[key] } } };
    }),
  fc.tuple(ring, fc.constantFrom(...releases)).map(
    ([which, release]): Edit =>
      (one) =>
        one.k3s ? { ...one, k3s: { ...one.k3s, [which]: release } } : one,
  ),
);

/** A fleet before and after some edits, as texts of fleet.yaml; they may be invalid. */
export const editedFleets = fc
  .tuple(model, fc.array(edit, { maxLength: 4 }))
  .map(([before, edits]) => ({
    before: fleetText(before),
    after: fleetText(edits.reduce((one, apply) => apply(one), before)),
  }));

/** JSON is YAML; keys without a value are left out. */
function fleetText(of: Model): string {
  const { domain, disk, devices, versions, k3s, platform, secret } = of;
  const workloads = Object.entries(versions).map(([name, all]) => {
    const isPos = name === "point-of-sale";
    const message = isPos ? of.siteMessage : undefined;
    return [
      name,
      {
        selector: isPos && of.selector ? { role: of.selector } : {},
        versions: all,
        sites: message && { bath: { message } },
        secrets: isPos && platform && secret ? [{ name: "api", from: "api" }] : undefined,
      },
    ];
  });
  const fleet = {
    fleet: "harbor",
    domain,
    repository: { url: "https://git.harbor.example/state.git" },
    cloud: { provider: "google", project: "harbor-edge-hub" },
    platform: platform ? { email: "ops@harbor.example", login } : undefined,
    rings,
    k3s: k3s && { versions: k3s },
    access: { sshKeys: of.sshKey ? [sshKey] : [] },
    profiles: {
      "mini-pc": { architecture: "x86_64", disk, labels: { role: "till" } },
      board: { architecture: "aarch64", disk: "/dev/mmcblk0" },
    },
    sites: {
      bath: { ring: of.siteRing, maintenance: of.windows["bath"] },
      cork: { maintenance: of.windows["cork"] },
    },
    devices: Object.fromEntries(
      Object.entries(devices).map(
        ([name, { site, profile, role, generation, address, ...rest }]) => [
          name,
          {
            site,
            profile,
            ring: rest.ring,
            generation,
            labels: role && { role },
            ...(address && { connectivity: "direct", address }),
          },
        ],
      ),
    ),
    workloads: Object.fromEntries(workloads),
  };
  return JSON.stringify(withOptions(fleet, of.options));
}

const login = { github: { organization: "harbor", administrators: "ops" } };
const sshKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBqZ3mS7Oe5h8yqM9yq1J0m3Vg6w3c1xkq9bH1c2d3e4 ada@example.com";
