/** Shows a device, from the configuration that its image installs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { embedAreaBytes, embedBudget, type EmbedBudget } from "../../edge/iso/budget.ts";
import type { EdgeDevice } from "../../edge/device.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf, installMethod } from "../../edge/installer/installation.ts";
import { endpointsOf, formatEndpoint } from "../../fleet/rules/gateways.ts";
import { describeDisk } from "../../fleet/model/disk.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { MachineMatch } from "../../fleet/model/match.ts";
import type { DeviceSecrets } from "../../fleet/model/secrets.ts";
import type { Values } from "../../fleet/model/values.ts";
import { closest } from "../../fleet/model/names.ts";
import { checkedDevices } from "./checked-devices.ts";
import { maskCredentials, maskedSecret, secretMask } from "../terminal/mask.ts";
import { imagePath } from "../../edge/output-paths.ts";
import { loadProject } from "../project/project.ts";
import { findDevice } from "../project/device-selection.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { contentsOfLayers, layersOf, refusal, textsOf } from "./show-ignition.ts";
import type { Layer, ShownContents } from "./show-ignition.ts";
import type { Device } from "../../fleet/model/device.ts";
import { shownMachine, type ShownMachine } from "./shown-machine.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface ShownDevice extends ShownContents {
  readonly name: string;
  readonly fleet: string;
  readonly generation: number;
  /** For people; null if there is none. */
  readonly description: string | null;
  /** How an image of its site recognizes the machine; null: a person chooses it. */
  readonly match: MachineMatch | null;
  readonly site: Pick<Device["site"], "name" | "description" | "network" | "mirror">;
  /** The name with which sites choose the hub; absent if there is one hub. */
  readonly hub?: string;
  readonly ring: string;
  readonly profile: string;
  readonly board: string | null;
  readonly architecture: string;
  /** The disk that the installation erases. */
  readonly disk: string;
  readonly encryption: string | null;
  readonly labels: Device["labels"];
  /** What is declared of its machine; a secret is named by its place. */
  readonly machine: ShownMachine;
  /** Where the operator's own Butane is. */
  readonly butane: readonly string[];
  /** The operator's own parts with their values. */
  readonly parts: Readonly<Record<string, Values>>;
  readonly connectivity: Device["connectivity"];
  readonly address: string;
  readonly serverName: string;
  /** The gateway that it connects to, or null. */
  readonly tunnel: Fleet["tunnel"]["endpoint"] | null;
  /** The endpoints that it tries after that one; absent if there are none. */
  readonly otherEndpoints?: readonly string[];
  readonly versions: {
    /** What the device runs: its ring's release, to which it upgrades after the installation. */
    readonly k3s: string;
    /** What its image installs. */
    readonly k3sOfImage: string;
    readonly coreos: string;
    readonly stream: string;
  };
  readonly timeZone: string;
  readonly maintenance: Device["site"]["maintenance"];
  readonly budget: EmbedBudget;
  /** The path of its image, which may not exist yet. */
  readonly image: { readonly path: string; readonly exists: boolean };
  /** The folder of its configuration, written by `synth`. */
  readonly folder: string;
}

/** @throws InputError if there is no such device */
export async function showDevice(
  fleetFile: string,
  name: string,
  session: Session,
): Promise<ShownDevice> {
  const { project, device, secrets, edgeDeviceOf } = await open(fleetFile, name, session);
  const edge = edgeDeviceOf(device, secrets);
  const installation = installationOf(edge);
  const contents = contentsOfLayers(deviceLayers(edge, device, installation.ignition));
  const { fleet, outputFolder } = project;
  const image = join(outputFolder, "edge", imagePath(device.name));
  const { profile, site, ring, generation, labels, connectivity, address, serverName } = device;
  const shown: ShownDevice = {
    name: device.name,
    fleet: fleet.name,
    generation,
    description: device.description ?? null,
    match: device.match ?? null,
    site: {
      name: site.name,
      description: site.description,
      network: site.network,
      mirror: site.mirror,
    },
    ...(fleet.hub.name !== undefined && { hub: fleet.hub.name }),
    ring,
    profile: profile.name,
    board: profile.board,
    architecture: profile.architecture,
    disk: describeDisk(device.disk),
    encryption: profile.encryption,
    labels,
    machine: shownMachine(device.machine ?? {}),
    butane: snippetPlaces(device),
    parts: Object.fromEntries(device.parts ?? []),
    connectivity,
    address,
    serverName,
    ...endpointsShown(fleet, device),
    versions: {
      k3s: fleet.k3s?.versions.get(ring) ?? fleet.pins.k3s.version,
      k3sOfImage: fleet.pins.k3s.version,
      coreos: fleet.pins.coreos.release,
      stream: fleet.pins.coreos.stream,
    },
    timeZone: device.timeZone ?? site.timeZone,
    maintenance: site.maintenance,
    ...contents,
    kernelArguments: [...installation.kernelArguments, ...contents.kernelArguments],
    budget: embedBudget(
      embedAreaBytes,
      installFiles(installation, installMethod(edge.coreosRelease)),
    ),
    image: { path: shownPath(image), exists: existsSync(image) },
    folder: shownPath(join(outputFolder, "edge", device.name)),
  };
  // Contents are not shown; an operator may still have put a secret into another value.
  return JSON.parse(maskOf(secrets)(JSON.stringify(shown))) as ShownDevice;
}

/**
 * The text of one file or unit of the device, with every derived secret masked.
 *
 * @throws InputError if the file is unknown, or its contents are not text or not in the image
 */
export async function showFile(
  fleetFile: string,
  deviceName: string,
  path: string,
  session: Session,
): Promise<string> {
  const { device, secrets, edgeDeviceOf } = await open(fleetFile, deviceName, session);
  const edge = edgeDeviceOf(device, withoutOutside(secrets));
  const layers = deviceLayers(edge, device, edge.toIgnition());
  const texts = textsOf(layers);
  const text = texts.get(path);
  if (text !== undefined) {
    return maskOf(secrets)(text()).replaceAll(standIn, maskedSecret);
  }
  const near = closest(path, [...texts.keys()]);
  const remedy = near
    ? `Did you mean ${near}?`
    : `List them with: ${flotillaCommand("show")} ${device.name}`;
  throw refusal(path, `${device.name} has no such file or unit. ${remedy}`);
}

async function open(fleetFile: string, name: string, session: Session) {
  const project = await loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, name);
  const edgeDeviceOf = await checkedDevices(project, session);
  const secrets = project.readableSecretsOf(device, standIn);
  return { project, device, secrets, edgeDeviceOf };
}

function endpointsShown(
  fleet: Fleet,
  device: Device,
): Pick<ShownDevice, "tunnel" | "otherEndpoints"> {
  if (device.connectivity !== "gateway") return { tunnel: null };
  const [tunnel, ...others] = endpointsOf(fleet, device);
  return { tunnel, ...(others.length > 0 && { otherEndpoints: others.map(formatEndpoint) }) };
}

/** It is written in the same way everywhere: in JSON, in a keyfile, in a URL. */
const standIn = "flotilla-masked-secret";

/** The secrets that fleet.yaml refers to can be short, and each file writes them in its own way. */
function withoutOutside({ outside = new Map(), ...secrets }: DeviceSecrets): DeviceSecrets {
  return { ...secrets, outside: new Map([...outside.keys()].map((id) => [id, standIn])) };
}

/** Masks the private keys of authorities line by line; certificates are not secret. */
function maskOf({
  authorities,
  outside = new Map(),
  ...secrets
}: DeviceSecrets): (text: string) => string {
  const keys = [...authorities.values()].filter((text) => text.includes("PRIVATE KEY"));
  const lines = keys.flatMap((text) => text.split("\n")).filter((line) => !line.startsWith("-"));
  const mask = secretMask({ ...secrets, lines, outside: [...outside.values()] });
  // A proxy's URL contains its login.
  return (text) => mask(maskCredentials(text));
}

/** The files of Flotilla's parts, and then each of the operator's own Butane documents. */
function deviceLayers(edge: EdgeDevice, device: Device, ignition: string): readonly Layer[] {
  const { paths, units } = edge.owners;
  return layersOf(Buffer.from(ignition), new Map([...paths, ...units]), snippetPlaces(device));
}

function snippetPlaces({ snippets }: Device): readonly string[] {
  return snippets.map(({ file, line }) => `${file}:${line}`);
}
