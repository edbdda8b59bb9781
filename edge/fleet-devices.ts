/**
 * The devices of a fleet: the one place of the edge that sees a `Fleet`. It composes each device from
 * the parts that its declaration names.
 */
import { Construct } from "constructs";
import { authorityFiles } from "../fleet/keys/authorities.ts";
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import { ConstructError } from "../fleet/model/construct-error.ts";
import { hubFirstOfPair } from "../fleet/model/hub-generations.ts";
import { endpointsOf, formatEndpoint, gatewayOf } from "../fleet/rules/gateways.ts";
import { fleetFacts, type Fleet, type FleetFacts } from "../fleet/model/fleet.ts";
import { EdgeApp, type EdgeFile } from "./app.ts";
import { EdgeDevice } from "./device.ts";
import { noParts, type DevicePartProps, type DeviceParts } from "./device-part.ts";
import { rememberNothing, type Remember } from "../fleet/model/remember.ts";
import { imageDigest } from "./image-digest.ts";
import { BootMirror } from "./parts/boot-mirror.ts";
import { CertificateAuthorities } from "./parts/certificate-authorities.ts";
import { CertificateReport } from "./parts/certificate-report.ts";
import { ClockSync } from "./parts/clock-sync.ts";
import { ConsoleMessages } from "./parts/console-messages.ts";
import { DataVolume } from "./parts/data-volume.ts";
import { DiskEncryption } from "./parts/disk-encryption.ts";
import { FallbackRoute } from "./parts/fallback-route.ts";
import { HostFirewall } from "./parts/host-firewall.ts";
import { Hostname } from "./parts/hostname.ts";
import { HubEnrolment } from "./parts/hub-enrolment.ts";
import { clientAuthoritiesFile, HubGenerations } from "./parts/hub-generations.ts";
import { HubTunnel } from "./parts/hub-tunnel.ts";
import { HttpProxy } from "./parts/http-proxy.ts";
import { ImageArchive } from "./parts/image-archive.ts";
import { K3sServer } from "./parts/k3s-server.ts";
import { NetworkInterfaces } from "./parts/network-interfaces.ts";
import { NodeAddress } from "./parts/node-address.ts";
import { checkOwnAdditions } from "./own-part-check.ts";
import { ownPartError } from "./own-part-error.ts";
import { addRegistries } from "./device-registries.ts";
import { addUsers } from "./device-users.ts";
import { reachedByK3s, reachedDirectly } from "./proxy-exceptions.ts";
import { withCheckedProps } from "./props.ts";
import { RegistryMirror } from "./parts/registry-mirror.ts";
import { SelinuxPolicy } from "./parts/selinux-policy.ts";
import { TrustedAuthorities } from "./parts/trusted-authorities.ts";
import { TimeZone } from "./parts/time-zone.ts";
import { UpdateReport } from "./parts/update-report.ts";
import { UpdateStrategy } from "./parts/update-strategy.ts";
import { snippetReport, type SnippetReport } from "./snippets.ts";
import type { OwnSystem } from "./snippets/own-system.ts";
import type { Device, Snippet } from "../fleet/model/device.ts";
import type { K3sNode } from "../fleet/model/k3s-node.ts";
import type { Machine } from "../fleet/model/machine.ts";
import { deviceWithoutPlaces } from "../fleet/model/places.ts";
import { outsideSecret } from "../fleet/model/secret-reference.ts";
import type { DeviceSecrets } from "../fleet/model/secrets.ts";

/**
 * A device of the fleet with all of its parts. A new part is one new file in parts/ and a line here.
 *
 * @param parts a user's own parts that the fleet was loaded with @default none
 * @param options.snippetsAreChecked whether `checkSnippets` found no mistake @default false
 */
export function fleetDevice(
  scope: Construct,
  fleet: FleetFacts,
  device: Device,
  secrets: DeviceSecrets,
  parts: DeviceParts = noParts,
  { snippetsAreChecked = false } = {},
): EdgeDevice {
  const { profile } = device;
  const edge = new EdgeDevice(scope, device.name, {
    architecture: profile.architecture,
    disk: device.disk,
    ...(profile.board !== null && { board: profile.board }),
    kernelArguments: profile.kernelArguments,
    fleet: fleet.name,
    coreosRelease: fleet.pins.coreos.release,
  });
  withCheckedProps(edge, () => addParts(edge, fleet, device, secrets));
  addOwnParts(edge, fleet, device, parts);
  for (const snippet of device.snippets) {
    edge.addSnippet(snippet, { isChecked: snippetsAreChecked });
  }
  return edge;
}

function addParts(
  edge: EdgeDevice,
  fleet: FleetFacts,
  device: Device,
  secrets: DeviceSecrets,
): void {
  const { profile, site, machine = {} } = device;
  new Hostname(edge, "hostname");
  new TimeZone(edge, "time-zone", { timeZone: device.timeZone ?? site.timeZone });
  new ClockSync(edge, "clock-sync", { ...(machine.ntpServers && { servers: machine.ntpServers }) });
  new ConsoleMessages(edge, "console-messages");
  addUsers(edge, fleet.sshKeys, machine.users, secrets);
  addInterfaces(edge, machine, secrets);
  if (profile.encryption !== null) new DiskEncryption(edge, "disk-encryption");
  addVolumes(edge, device);
  const { also = [], ...window } = site.maintenance;
  new UpdateStrategy(edge, "update-strategy", {
    timeZone: site.timeZone,
    windows: [window, ...also],
    rolloutWariness: rolloutWariness(fleet.rings, device.ring),
  });
  new UpdateReport(edge, "update-report");
  new CertificateReport(edge, "certificate-report");
  new SelinuxPolicy(edge, "selinux-policy");
  addSurroundings(edge, fleet, device, secrets);
  const { serviceRange } = machine.k3s ?? {};
  new FallbackRoute(edge, "fallback-route", { ...(serviceRange && { serviceRange }) });
  addK3s(edge, fleet, device, secrets);
  addHub(edge, fleet, device, secrets);
}

function addInterfaces(
  edge: EdgeDevice,
  { interfaces }: Machine,
  { outside }: DeviceSecrets,
): void {
  if (interfaces === undefined) return;
  new NetworkInterfaces(edge, "network-interfaces", {
    interfaces: interfaces.map((each) => {
      const passphrase = each.wifi?.passphrase;
      if (passphrase === undefined) return each;
      return { ...each, wifiPassphrase: outsideSecret(outside, passphrase) };
    }),
  });
}

/** The settings that everything that downloads needs in the site's network. */
function addSurroundings(
  edge: EdgeDevice,
  fleet: FleetFacts,
  { machine = {}, site, connectivity, address }: Device,
  { outside }: DeviceSecrets,
): void {
  const { proxy, trustedFiles = [] } = machine;
  if (trustedFiles.length > 0) {
    new TrustedAuthorities(edge, "trusted-authorities", {
      authorities: trustedFiles.map(({ pem }) => pem),
    });
  }
  if (proxy === undefined) return;
  const { http, https, login, except } = proxy;
  const network = site.network === null ? [] : [site.network];
  new HttpProxy(edge, "http-proxy", {
    ...(http !== null && { http }),
    https,
    ...(login !== null && { login: outsideSecret(outside, login) }),
    except: [
      ...new Set([...reachedDirectly(machine.k3s), fleet.tunnel.range, ...network, ...except]),
    ],
    exceptOfK3s: reachedByK3s(machine, connectivity === "direct" ? [address] : []),
  });
}

/** The mirror of the boot disk, and a volume for data. */
function addVolumes(edge: EdgeDevice, { disk, machine }: Device): void {
  if (typeof disk === "object" && "mirror" in disk) {
    new BootMirror(edge, "boot-mirror", { disks: disk.mirror });
  }
  if (machine?.data === undefined) return;
  const { disk: other, rootMiB, ...rest } = machine.data;
  new DataVolume(edge, "data-volume", {
    ...(other !== null && { disk: other }),
    ...(rootMiB !== null && { rootMiB }),
    ...rest,
  });
}

/** In a scope of their own, so that their names are free. */
function addOwnParts(
  edge: EdgeDevice,
  fleet: FleetFacts,
  device: Device,
  classes: DeviceParts,
): void {
  if (device.parts === undefined) return;
  const scope = new Construct(edge, "parts");
  const { profile, site, ring, labels } = device;
  const facts: DevicePartProps = {
    fleet: fleet.name,
    device: device.name,
    site: site.name,
    profile: profile.name,
    ring,
    labels,
  };
  for (const [name, values] of device.parts) {
    const PartOfUser = classes.get(name);
    if (PartOfUser === undefined) throw new Error(`no class for the part ${name}`);
    try {
      new PartOfUser(scope, name, { ...PartOfUser.values?.parse(values), ...facts });
    } catch (cause) {
      throw new ConstructError({ where: [`part ${name}`, `device ${device.name}`] }, cause);
    }
  }
}

/** K3s, and where it gets its files and images from. */
function addK3s(edge: EdgeDevice, fleet: FleetFacts, device: Device, secrets: DeviceSecrets): void {
  const { architecture } = device.profile;
  const node = device.machine?.k3s;
  const { version, binary } = fleet.pins.k3s;
  const { mirror } = device.site;
  const { url, sha256 } = binary[architecture];
  const mirrored = mirror?.url && `${mirror.url}/${encodeURIComponent(version)}`;
  new K3sServer(edge, "k3s", {
    release: version,
    binarySha256: sha256,
    binaryUrl: mirrored ? `${mirrored}/${url.slice(url.lastIndexOf("/") + 1)}` : url,
    token: secrets.k3sToken,
    tlsSans: [device.serverName, device.address],
    clientAuthoritiesFile,
    ...(node && { node: nodeOf(device, node) }),
  });
  if (node?.followAddress) {
    const { nodeInterface } = node;
    new NodeAddress(edge, "node-address", { ...(nodeInterface && { nodeInterface }) });
  }
  const archiveSha256 = mirror?.imagesSha256[architecture];
  if (archiveSha256 !== undefined) {
    const archive = `k3s-airgap-images-${releaseNames[architecture]}.tar.zst`;
    const archiveUrl = mirrored ? `${mirrored}/${archive}` : archive;
    new ImageArchive(edge, "image-archive", { url: archiveUrl, sha256: archiveSha256 });
  }
  const registry = mirror?.registry ?? null;
  const registries = device.machine?.registries;
  if (registries !== undefined) addRegistries(edge, registries, registry, secrets);
  else if (registry !== null) {
    new RegistryMirror(edge, "registry-mirror", { endpoint: registry });
  }
}

/** With the labels of the device, if `deviceLabels` is set. */
function nodeOf({ labels }: Device, node: K3sNode): K3sNode {
  if (node.deviceLabels !== true) return node;
  return { ...node, nodeLabels: { ...labels, ...node.nodeLabels } };
}

/** The names of the architectures in K3s' releases. */
const releaseNames = { x86_64: "amd64", aarch64: "arm64" } as const;

/** What makes the device one of the hub's. */
function addHub(edge: EdgeDevice, fleet: FleetFacts, device: Device, secrets: DeviceSecrets): void {
  const { authorities, hub } = secrets;
  const isTunnelled = device.connectivity === "gateway";
  new CertificateAuthorities(edge, "certificate-authorities", { files: authorities });
  new HubGenerations(edge, "hub-generations", {
    deviceAuthority: authorities.get("client-ca.crt") ?? "",
    hub,
  });
  new HubEnrolment(edge, "hub-enrolment", { facts: factsOf(fleet, device) });
  new HostFirewall(edge, "host-firewall", { apiAccess: isTunnelled ? "tunnel" : "anywhere" });
  if (!isTunnelled) return;
  const { name, address } = gatewayOf(fleet, device);
  const [gatewayEndpoint = "", ...otherEndpoints] = endpointsOf(fleet, device).map(formatEndpoint);
  const [{ gatewayKey: gatewayPublicKey }] = hub;
  if (gatewayPublicKey === null) throw new Error(`no public key for the ${name}`);
  new HubTunnel(edge, "hub-tunnel", {
    privateKey: secrets.wireguardPrivateKey,
    address: device.address,
    gatewayPublicKey,
    gatewayEndpoint,
    otherEndpoints,
    gatewayAddress: address,
  });
}

function factsOf({ name, pins }: FleetFacts, device: Device): Readonly<Record<string, string>> {
  return {
    fleet: name,
    device: device.name,
    generation: String(device.generation),
    site: device.site.name,
    ring: device.ring,
    profile: device.profile.name,
    architecture: device.profile.architecture,
    k3s: pins.k3s.version,
    coreos: pins.coreos.release,
  };
}

/** 0 takes an update first, 1 last. Neither is used here, so that people can set them by hand. */
const warinessMin = 0.1;
const warinessMax = 0.9;

/**
 * How late a ring is in a rollout of Fedora CoreOS: even steps from the first ring to the last, with
 * at most two decimals; the only ring is in the middle.
 */
export function rolloutWariness(rings: readonly string[], ring: string): number {
  const last = rings.length - 1;
  const share = last === 0 ? 0.5 : rings.indexOf(ring) / last;
  return Number((warinessMin + (warinessMax - warinessMin) * share).toFixed(2));
}

/**
 * The files of every device. One device at a time, so a large fleet is never in memory at once.
 *
 * @param secretsOf undefined for a device whose secrets cannot be read: it has no files
 */
export function* fleetFiles(
  fleet: Fleet,
  secretsOf: (device: Device) => DeviceSecrets | undefined,
  parts: DeviceParts = noParts,
): Generator<EdgeFile> {
  requireValid(fleet, parts);
  for (const device of fleet.devices) {
    const secrets = secretsOf(device);
    if (secrets === undefined) continue;
    const app = new EdgeApp();
    fleetDevice(app, fleet, device, secrets, parts, { snippetsAreChecked: true });
    yield* app.files();
  }
}

/**
 * A device of the fleet whose secrets are empty: for everything except its image. It has a pair of the
 * hub's generations, so that no image is made again for the second of a pair.
 */
function deviceWithoutSecrets(fleet: FleetFacts, device: Device, parts: DeviceParts): EdgeDevice {
  const authorities = new Map(authorityFiles.map((name) => [name, ""]));
  const generation = hubFirstOfPair(fleet.hub.generation);
  const gatewayKey = device.connectivity === "gateway" ? "" : null;
  const hub = [{ generation, authority: "", gatewayKey }] as const;
  const secrets = { wireguardPrivateKey: "", k3sToken: "", authorities, hub };
  const app = new EdgeApp();
  // They are checked for a whole fleet at once.
  return fleetDevice(app, fleet, device, secrets, parts, { snippetsAreChecked: true });
}

/**
 * The digest of every device's image, by the device's name: see image-digest.ts. The secrets are not
 * in it: they follow from the root key, which the lock pins, and from what is in it: the name of the
 * fleet and of the device, its generation and the validity of certificates.
 *
 * @param digestKey the publishing key
 * @param devices of the fleet
 * @param remember finds those of earlier runs
 * @throws InputError with every mistake in the snippets of the whole fleet
 */
export function imageDigests(
  fleet: Fleet,
  digestKey: Uint8Array,
  parts: DeviceParts = noParts,
  devices: readonly Device[] = fleet.devices,
  remember: Remember = rememberNothing,
): ReadonlyMap<string, string> {
  requireValid(fleet, parts);
  const facts = fleetFacts(fleet);
  const { iso } = facts.pins.coreos;
  const digestOf = (device: Device) => {
    const edge = deviceWithoutSecrets(facts, device, parts);
    const isoSha256 = iso[device.profile.architecture].sha256;
    return imageDigest(edge, { isoSha256, certificates: facts.certificates, digestKey });
  };
  return new Map(
    devices.map((device) => {
      // A user's own part may differ in the next run.
      const digest =
        device.parts === undefined
          ? remember("image digest", facts, deviceWithoutPlaces(device), () => digestOf(device))
          : digestOf(device);
      return [device.name, digest];
    }),
  );
}

const snippetReports = new WeakMap<Fleet, SnippetReport>();

/** The mistakes and the warnings of all snippets of the fleet, each of them once. */
export function checkSnippets(fleet: Fleet, parts: DeviceParts = noParts): SnippetReport {
  const known = snippetReports.get(fleet);
  if (known !== undefined) return known;
  const mistakes = new Map<string, Mistake>();
  const warnings = new Map<string, Mistake>();
  const add = (to: Map<string, Mistake>, found: readonly Mistake[]) => {
    for (const mistake of found) to.set(JSON.stringify(mistake), mistake);
  };
  const systems = new Map<string, OwnSystem>();
  const checked = new Set<string>();
  const numbers = new Map<Snippet, number>();
  const numberOf = (snippet: Snippet) => {
    const number = numbers.get(snippet) ?? numbers.size;
    numbers.set(snippet, number);
    return number;
  };
  for (const device of fleet.devices.filter(({ snippets }) => snippets.length > 0)) {
    const kind = kindOf(device);
    const same = [kind, ...device.snippets.map(numberOf)].join(" ");
    if (checked.has(same)) continue;
    checked.add(same);
    const own = systems.get(kind) ?? deviceWithoutSecrets(fleet, device, parts).ownSystem;
    systems.set(kind, own);
    const report = snippetReport(device.snippets, own);
    add(mistakes, report.mistakes);
    add(warnings, report.warnings);
  }
  const report = { mistakes: [...mistakes.values()], warnings: [...warnings.values()] };
  snippetReports.set(fleet, report);
  return report;
}

/** What Flotilla's parts add depends on nothing else in a device. */
function kindOf({ profile, site, connectivity, disk, machine, parts = new Map() }: Device): string {
  // The names of the files of interfaces.
  const interfaces = machine?.interfaces?.map(({ name, type }) => `${name} ${type}`);
  const rest = { ...machine, ...(interfaces && { interfaces }) };
  return JSON.stringify([profile.name, site.name, connectivity, disk, rest, ...parts]);
}

/** The parts with which a fleet was checked. */
const checkedParts = new WeakMap<Fleet, DeviceParts>();

/**
 * Makes every device with a user's own parts, once for a fleet: a part knows the name of its device.
 *
 * @throws ConstructError if a part fails, or adds what another one has or what Butane, Ignition or the
 *   system refuses
 */
export function checkOwnParts(fleet: Fleet, parts: DeviceParts): void {
  if (checkedParts.get(fleet) === parts) return;
  const systems = new Map<string, OwnSystem>();
  for (const device of fleet.devices.filter((each) => each.parts !== undefined)) {
    const make = () => deviceWithoutSecrets(fleet, { ...device, snippets: [] }, parts);
    const edge = make();
    const bare = { ...device, snippets: [], parts: undefined };
    const kind = kindOf(bare);
    const own = systems.get(kind) ?? deviceWithoutSecrets(fleet, bare, parts).ownSystem;
    systems.set(kind, own);
    try {
      checkOwnAdditions(edge, edge.toIgnition(), own);
    } catch (cause) {
      throw ownPartError(device, cause, make);
    }
  }
  checkedParts.set(fleet, parts);
}

/** @throws InputError with every mistake in the snippets of the whole fleet; see checkOwnParts */
function requireValid(fleet: Fleet, parts: DeviceParts): void {
  checkOwnParts(fleet, parts);
  if (fleet.devices.every(({ snippets }) => snippets.length === 0)) return;
  const { mistakes } = checkSnippets(fleet, parts);
  if (mistakes.length > 0) throw new InputError(mistakes);
}
