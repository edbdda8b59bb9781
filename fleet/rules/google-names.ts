/**
 * Names that Google chooses: regions and machine types. A name is refused if it cannot be one, not if
 * it is unknown, because Google adds some every year.
 */
import { closest } from "../model/names.ts";

/** Google's list of regions, 2026. */
const regions = (
  "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 " +
  "asia-south1 asia-south2 asia-southeast1 asia-southeast2 asia-southeast3 " +
  "australia-southeast1 australia-southeast2 europe-central2 europe-north1 " +
  "europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 " +
  "europe-west6 europe-west8 europe-west9 europe-west10 europe-west12 me-central1 " +
  "me-central2 me-west1 northamerica-northeast1 northamerica-northeast2 " +
  "northamerica-south1 southamerica-east1 southamerica-west1 us-central1 us-east1 " +
  "us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4"
).split(" ");

/** A continent and a direction that regions are named after, and a small number. */
const regionPattern =
  /^(africa|asia|australia|europe|me|northamerica|southamerica|us)-(central|((north|south)(east|west)?)|east|west)[1-9][0-9]?$/;

export function regionProblem(region: string): string | undefined {
  if (regionPattern.test(region)) return undefined;
  const near = closest(region, regions);
  const hint = near === undefined ? "Write one like us-east1." : `Did you mean ${near}?`;
  return `"${region}" is not a region of Google Cloud. ${hint}`;
}

/** The second part of a machine type, as in e2-standard-2. */
const classes = (
  "standard highmem highcpu custom megamem ultramem hypermem micro small medium megagpu " +
  "highgpu ultragpu edgegpu maxgpu"
).split(" ");

export function machineTypeProblem(machineType: string): string | undefined {
  const [family = "", kind = "", ...rest] = machineType.split("-");
  const isFamily = /^[a-z][0-9]{1,2}[a-z]{0,2}$/.test(family);
  const glued = /^([a-z]+)([0-9]+)$/.exec(kind);
  const near = closest(kind, classes);
  const right =
    glued !== null && classes.includes(glued[1] ?? "") ? glued.slice(1).join("-") : near;
  const isKind = classes.includes(kind) || right === undefined;
  const hasSize = rest.length > 0 || ["micro", "small", "medium"].includes(kind);
  if (isFamily && isKind && hasSize) return undefined;
  const size = rest.length > 0 ? rest.join("-") : "2";
  const suggestion = [isFamily ? family : "e2", right ?? kind, ...(glued ? rest : [size])].join(
    "-",
  );
  return `"${machineType}" is not a machine type of Google Cloud. Did you mean ${suggestion}?`;
}
