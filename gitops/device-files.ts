/** The files of single devices and sites: registrations, and projects with sync windows. */
import type { App } from "cdk8s";
import { chartSourceUrl } from "../fleet/model/chart-repository.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { connectivityLabel } from "../fleet/model/contract.ts";
import { needsHubStatement } from "../fleet/rules/hub-statement.ts";
import { calendarOf } from "../fleet/rules/calendar.ts";
import { gatewayOf } from "../fleet/rules/gateways.ts";
import { fleetHubSize } from "../fleet/rules/hub-size.ts";
import { shardOf } from "../fleet/rules/shards.ts";
import {
  calendarLabels,
  hasSiteProject,
  projectLabels,
  SiteProjectChart,
  type FleetProjectProps,
} from "./argocd/projects.ts";
import {
  RegistrationChart,
  registrationLabels,
  type RegistrationChartProps,
} from "./argocd/registration.ts";
import { workloadsWithSecrets } from "./features.ts";
import { chartFile, type FileEntry } from "./kubernetes/state-files.ts";
import { DeviceAddress } from "./secrets/device-address.ts";
import type { Remember } from "../fleet/model/remember.ts";
import { statePath } from "../fleet/model/state-layout.ts";
import type { Device, Site } from "../fleet/model/device.ts";
import type { Kind } from "../fleet/model/kinds.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";

export function registrationFiles(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string>,
  remember: Remember,
): readonly FileEntry[] {
  return fleet.devices.map(registrationOf(fleet, publicKeys, imageDigests, remember));
}

/** The projects of sites with a window. */
export function siteFiles(fleet: Fleet, workloadKinds: readonly Kind[]): readonly FileEntry[] {
  return sitesWithProject(fleet).map((site) =>
    chartFile({ kind: "siteProject", site: site.name }, (app) => {
      const calendar = calendarOf(site);
      const rights = fleetProjectProps(fleet, workloadKinds);
      return new SiteProjectChart(app, "project", { ...rights, site: site.name, calendar });
    }),
  );
}

/** All labels of a device's registration. */
export function deviceLabels(fleet: Fleet, device: Device): Readonly<Record<string, string>> {
  const { site } = device;
  return {
    ...registrationLabels(device),
    ...(fleet.k3s !== null && calendarLabels(site)),
    ...projectLabels(site),
    ...(device.connectivity === "direct" &&
      needsHubStatement(fleet) && { [connectivityLabel]: device.connectivity }),
  };
}

function registrationOf(
  fleet: Fleet,
  { rootCertificate }: PublicKeys,
  imageDigests: ReadonlyMap<string, string>,
  remember: Remember,
): (device: Device) => FileEntry {
  const shared = { rootCertificate, needsAddress: workloadsWithSecrets(fleet).length > 0 };
  const { shards } = fleetHubSize(fleet);
  return (device) => {
    const { name, address, serverName, connectivity } = device;
    const inputs = {
      props: {
        name,
        address,
        serverName,
        labels: deviceLabels(fleet, device),
        proxyUrl: connectivity === "gateway" ? gatewayOf(fleet, device).proxyUrl : undefined,
        imageDigest: imageDigests.get(name),
        shard: shards > 1 ? shardOf(name, shards) : undefined,
      },
      labels: registrationLabels(device),
    };
    const file = { kind: "registration", device: name } as const;
    const text = remember("registration", shared, inputs, () => {
      const [, made] = chartFile(file, (app) => registrationChart(app, shared, inputs));
      return made;
    });
    return [statePath(file), text];
  };
}

/** Makes the chart from plain values alone: they say all that the file depends on. */
function registrationChart(
  app: App,
  { rootCertificate, needsAddress }: { rootCertificate: string; needsAddress: boolean },
  { props, labels }: RegistrationInputs,
): RegistrationChart {
  const chart = new RegistrationChart(app, "registration", { ...props, rootCertificate });
  if (!needsAddress) return chart;
  const { name, address, serverName, proxyUrl } = props;
  new DeviceAddress(chart, "address", { name, address, serverName, labels, proxyUrl });
  return chart;
}

interface RegistrationInputs {
  readonly props: Omit<RegistrationChartProps, "rootCertificate">;
  /** Those of the objects beside the registration. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Sorted by name. */
function sitesWithProject({ devices }: Fleet): readonly Site[] {
  const sites = new Map(devices.map(({ site }) => [site.name, site]));
  return [...sites.values()].filter(hasSiteProject).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What workloads may do on devices. */
export function fleetProjectProps(
  { repository, workloads }: Fleet,
  deviceKinds: readonly Kind[],
): FleetProjectProps {
  return {
    repositoryUrl: repository.url,
    signingKeys: repository.signing?.keys,
    workloadNamespaces: workloads.map(({ name }) => name),
    workloadChartRepositories: workloads.flatMap(({ chart }) =>
      chart ? chartSourceUrl(chart) : [],
    ),
    deviceKinds,
  };
}
