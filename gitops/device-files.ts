/** The files of single devices and sites: registrations, and projects with sync windows. */
import { chartSourceUrl } from "../fleet/model/chart-repository.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { connectivityLabel } from "../fleet/model/contract.ts";
import { needsHubStatement } from "../fleet/rules/hub-statement.ts";
import { calendarOf } from "../fleet/rules/calendar.ts";
import { gatewayOf } from "../fleet/rules/gateways.ts";
import {
  calendarLabels,
  hasSiteProject,
  projectLabels,
  SiteProjectChart,
  type FleetProjectProps,
} from "./argocd/projects.ts";
import { RegistrationChart, registrationLabels } from "./argocd/registration.ts";
import { workloadsWithSecrets } from "./features.ts";
import { chartFile, type FileEntry } from "./kubernetes/state-files.ts";
import { DeviceAddress } from "./secrets/device-address.ts";
import type { Device, Site } from "../fleet/model/device.ts";
import type { Kind } from "../fleet/model/kinds.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";

export function deviceFiles(
  fleet: Fleet,
  publicKeys: PublicKeys,
  imageDigests: ReadonlyMap<string, string>,
  workloadKinds: readonly Kind[],
): readonly FileEntry[] {
  const registration = registrationOf(fleet, publicKeys, imageDigests);
  return [
    ...fleet.devices.map(registration),
    ...sitesWithProject(fleet).map((site) =>
      chartFile({ kind: "siteProject", site: site.name }, (app) => {
        const calendar = calendarOf(site);
        const rights = fleetProjectProps(fleet, workloadKinds);
        return new SiteProjectChart(app, "project", { ...rights, site: site.name, calendar });
      }),
    ),
  ];
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
): (device: Device) => FileEntry {
  const needsAddress = workloadsWithSecrets(fleet).length > 0;
  return (device) =>
    chartFile({ kind: "registration", device: device.name }, (app) => {
      const { name, address, serverName } = device;
      const labels = registrationLabels(device);
      const proxyUrl =
        device.connectivity === "gateway" ? gatewayOf(fleet, device).proxyUrl : undefined;
      const chart = new RegistrationChart(app, "registration", {
        name,
        address,
        serverName,
        rootCertificate,
        labels: deviceLabels(fleet, device),
        proxyUrl,
        imageDigest: imageDigests.get(name),
      });
      if (needsAddress) {
        new DeviceAddress(chart, "address", { name, address, serverName, labels, proxyUrl });
      }
      return chart;
    });
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
