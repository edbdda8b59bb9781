/** What a device will be, read from the very configuration that its image installs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { embedAreaBytes, embedBudget, type EmbedBudget } from "../../edge/iso/budget.ts";
import type { EdgeDevice } from "../../edge/device.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf, installMethod } from "../../edge/installer/installation.ts";
import { gatewayOf } from "../../fleet/rules/gateways.ts";
import { deviceSecrets } from "../../fleet/keys/secrets.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { closest } from "../../fleet/model/names.ts";
import { edgeDeviceOf } from "./device-image.ts";
import { secretMask } from "../terminal/mask.ts";
import { imagePath } from "../../edge/output-paths.ts";
import { loadProject, type Project } from "../project/project.ts";
import { findDevice } from "../project/device-selection.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { contentsOfLayers, layersOf, refusal, textsOf } from "./show-ignition.ts";
import type { Layer, ShownContents } from "./show-ignition.ts";
import type { Device } from "../../fleet/model/device.ts";

export interface ShownDevice extends ShownContents {
  readonly name: string;
  readonly fleet: string;
  readonly generation: number;
  readonly site: Pick<Device["site"], "name" | "description" | "network">;
  readonly ring: string;
  readonly profile: string;
  readonly board: string | null;
  readonly architecture: string;
  /** The disk that the installation erases. */
  readonly disk: string;
  readonly encryption: string | null;
  readonly labels: Device["labels"];
  readonly connectivity: Device["connectivity"];
  readonly address: string;
  readonly serverName: string;
  /** The gateway that it dials, or null. */
  readonly tunnel: Fleet["tunnel"]["endpoint"] | null;
  readonly versions: { readonly k3s: string; readonly coreos: string; readonly stream: string };
  readonly timeZone: string;
  readonly maintenance: Device["site"]["maintenance"];
  readonly budget: EmbedBudget;
  /** Where its image is, or will be. */
  readonly image: { readonly path: string; readonly exists: boolean };
  /** Where `synth` writes its configuration. */
  readonly folder: string;
}

/** @throws InputError where there is no such device */
export function showDevice(fleetFile: string, name: string, session: Session): ShownDevice {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, name);
  const edge = edgeDeviceOf(project, device);
  const installation = installationOf(edge);
  const contents = contentsOfLayers(deviceLayers(edge, device, installation.ignition));
  const { fleet, outputFolder } = project;
  const image = join(outputFolder, "edge", imagePath(device.name));
  const { profile, site, ring, generation, labels, connectivity, address, serverName } = device;
  const shown: ShownDevice = {
    name: device.name,
    fleet: fleet.name,
    generation,
    site: { name: site.name, description: site.description, network: site.network },
    ring,
    profile: profile.name,
    board: profile.board,
    architecture: profile.architecture,
    disk: profile.disk,
    encryption: profile.encryption,
    labels,
    connectivity,
    address,
    serverName,
    tunnel: connectivity === "gateway" ? gatewayOf(fleet, device).endpoint : null,
    versions: {
      k3s: fleet.pins.k3s.version,
      coreos: fleet.pins.coreos.release,
      stream: fleet.pins.coreos.stream,
    },
    timeZone: site.timeZone,
    maintenance: site.maintenance,
    ...contents,
    kernelArguments: [...profile.kernelArguments, ...contents.kernelArguments],
    budget: embedBudget(
      embedAreaBytes,
      installFiles(installation, installMethod(edge.coreosRelease)),
    ),
    image: { path: shownPath(image), exists: existsSync(image) },
    folder: shownPath(join(outputFolder, "edge", device.name)),
  };
  // Nothing above shows contents; an operator may still have put a secret where none belongs.
  return JSON.parse(maskOf(project, device)(JSON.stringify(shown))) as ShownDevice;
}

/**
 * The text of one file or unit of the device, with every derived secret replaced.
 *
 * @throws InputError where there is no such file, or its contents are no text, or not in the image
 */
export function showFile(
  fleetFile: string,
  deviceName: string,
  path: string,
  session: Session,
): string {
  const project = loadProject(fleetFile, session);
  const device = findDevice(project, fleetFile, deviceName);
  const edge = edgeDeviceOf(project, device);
  const layers = deviceLayers(edge, device, edge.toIgnition());
  const texts = textsOf(layers);
  const text = texts.get(path);
  if (text !== undefined) return maskOf(project, device)(text());
  const near = closest(path, [...texts.keys()]);
  const remedy = near
    ? `Did you mean ${near}?`
    : `See which there are: flotilla show ${device.name}`;
  throw refusal(path, `${device.name} has no such file or unit. ${remedy}`);
}

/** Of the authorities the keys, line by line: certificates are no secret, and are good to see. */
function maskOf({ fleet, key }: Project, device: Device): (text: string) => string {
  const { authorities, ...secrets } = deviceSecrets(fleet, device, key);
  const keys = [...authorities.values()].filter((text) => text.includes("PRIVATE KEY"));
  const lines = keys.flatMap((text) => text.split("\n")).filter((line) => !line.startsWith("-"));
  return secretMask({ ...secrets, lines });
}

/** What Flotilla's parts add, and after it each of the operator's own Butane documents. */
function deviceLayers(edge: EdgeDevice, device: Device, ignition: string): readonly Layer[] {
  const { paths, units } = edge.owners;
  const places = device.snippets.map(({ file, line }) => `${file}:${line}`);
  return layersOf(Buffer.from(ignition), new Map([...paths, ...units]), places);
}
