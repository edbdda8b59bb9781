/** The wording of a plan, which text and page share: names, values, counts. */
import { carriedGenerations, lastImageWithout } from "../../fleet/model/hub-generations.ts";
import { isMapping } from "../../fleet/model/values.ts";
import type { DeviceChange, FieldChange, HubChange, HubKeysChange } from "./plan.ts";
import type { ImageState, Plan, Verb } from "./plan.ts";
import type { ObjectChange, RolloutChange, TerraformAction } from "./plan.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export const marks: Readonly<Record<Verb, string>> = { added: "+", changed: "~", removed: "-" };

export const imageWords: Readonly<Record<ImageState, string>> = {
  new: "new image",
  reinstall: "reinstall required",
  changed: "image changed",
  same: "image unchanged",
  unknown: "image unknown",
};

/** What the state of an image requires. */
export function imageMeaning(state: ImageState): string {
  return state === "unknown" ? unknownMeaning() : imageMeanings[state];
}

const imageMeanings: Readonly<Record<Exclude<ImageState, "unknown">, string>> = {
  new: "New devices: make their images and install them.",
  reinstall:
    "The hub can't reach these devices until they are reinstalled. Make new images, and " +
    "reinstall the devices right after the publish.",
  changed:
    "An image made now differs from the one that these devices were installed from. They keep " +
    "running; make a new image before the next installation.",
  same: "Nothing to do.",
};

const unknownMeaning = () =>
  "It is not known whether these images changed: the publishing key is missing " +
  `(${flotillaCommand("keygen")} --publishing), or an older Flotilla published no fingerprint of them.`;

export const actionWords: Readonly<Record<TerraformAction, string>> = {
  replace: "replaced",
  delete: "destroyed",
  create: "created",
  update: "changed in place",
  forget: "no longer managed",
};

/** `1 device`, `1,000 devices`. */
export function counted(number: number, noun: string): string {
  return `${formatNumber(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `1,000`. The first call of `toLocaleString` would take 20 ms: it loads the data of all languages. */
export function formatNumber(number: number): string {
  return String(number).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Names in the syntax of fleet.yaml: three or more consecutive names are a range,
 * `store-{0001..0050}`.
 *
 * @param names sorted
 */
export function rangesOf(names: readonly string[]): readonly string[] {
  const runs: { head: string; first: string; last: string; names: string[] }[] = [];
  for (const name of names) {
    const [, head = "", digits = ""] = /^(.*?)(\d+)$/.exec(name) ?? [];
    const run = runs.at(-1);
    const follows =
      run !== undefined &&
      run.head === head &&
      run.last.length === digits.length &&
      Number(digits) === Number(run.last) + 1;
    if (follows) {
      run.last = digits;
      run.names.push(name);
    } else runs.push({ head, first: digits, last: digits, names: [name] });
  }
  return runs.flatMap(({ head, first, last, names: own }) =>
    own.length > 2 ? [`${head}{${first}..${last}}`] : own,
  );
}

/** A longer value is cut. */
const valueLengthMax = 120;

/** `6.9.1 → 6.9.2`, `+ true`, `- true`; for long texts the number of lines added and removed. */
export function changeWords(change: FieldChange): string {
  const { before, after } = change;
  if (change.secret) return "changed (not shown)";
  if (isLong(before) || isLong(after)) return linesWords(before, after);
  if (!("before" in change)) return `+ ${valueWords(after)}`;
  if (!("after" in change)) return `- ${valueWords(before)}`;
  return `${valueWords(before)} → ${valueWords(sameImage(before, after) ?? after)}`;
}

/** The new tag of a container image whose name is the same. */
function sameImage(before: unknown, after: unknown): string | undefined {
  const [old, next] = [before, after].map((value) => /^(\S+\/\S+):([\w.-]+)$/.exec(String(value)));
  return old?.[1] !== undefined && old[1] === next?.[1] ? next?.[2] : undefined;
}

const isLong = (value: unknown): value is string =>
  typeof value === "string" && value.trimEnd().includes("\n");

function linesWords(before: unknown, after: unknown): string {
  const [old, next] = [before, after].map((value) => (value ? String(value).split("\n") : []));
  const { added, removed } = lineChanges(old ?? [], next ?? []);
  const one = (verb: string, lines: readonly string[]) =>
    lines.length > 0 ? [`${verb}${lines.length}`] : [];
  const parts = [...one("+", added), ...one("−", removed)];
  const number = added.length + removed.length;
  return parts.length === 0
    ? "the same lines in another order"
    : `a text, ${parts.join(" ")} ${number === 1 ? "line" : "lines"}`;
}

/** Lines that occur only on one side, or more often there. */
export function lineChanges(before: readonly string[], after: readonly string[]) {
  const rest = new Map<string, number>();
  for (const line of before) rest.set(line, (rest.get(line) ?? 0) + 1);
  const take = (line: string) => {
    const left = rest.get(line) ?? 0;
    rest.set(line, left - 1);
    return left <= 0;
  };
  const added = after.filter(take);
  const removed = [...rest].flatMap(([line, left]) =>
    Array.from({ length: Math.max(0, left) }, () => line),
  );
  return { added, removed };
}

function valueWords(value: unknown): string {
  const whole = typeof value === "string" ? value : compact(value);
  // A script in a list of arguments is shown on one line.
  const text = whole.replaceAll(/\s*\n\s*/g, " ");
  if (text === "") return '""';
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax - 1)}…` : text;
}

/** YAML in flow style, without quotes. */
function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (!isMapping(value)) return String(value);
  const inner = Object.entries(value).map(([key, each]) => `${key}: ${compact(each)}`);
  return `{ ${inner.join(", ")} }`;
}

/** `ring canary → early, label role + kiosk, gets kiosk`. */
function deviceWords({ fields, workloads, ring }: DeviceChange): string[] {
  const { gained, lost, moved } = workloads;
  return [
    ...fields.map((field) => {
      const path = field.path.replace(/^labels\.?/, "label ").replace(/^label $/, "labels");
      return `${path} ${changeWords(field)}`;
    }),
    ...(gained.length > 0 ? [`gets ${gained.join(", ")}`] : []),
    ...(moved.length > 0 ? [`runs ${moved.join(", ")} as in ${ring}`] : []),
    ...(lost.length > 0 ? [`loses ${lost.join(", ")}, whose objects stay`] : []),
  ];
}

export function objectName({ kind, name, namespace }: ObjectChange): string {
  return namespace === null || namespace === name
    ? `${kind} ${name}`
    : `${kind} ${namespace}/${name}`;
}

/** What happens to what a workload deployed where it is removed; undefined if it leaves no device. */
export function leftWords({ workload, left }: RolloutChange): string | undefined {
  if (left.length === 0) return undefined;
  return (
    `What it deployed stays on ${rangesOf(left).join(", ")}. To remove it there after the publish: ` +
    `${flotillaCommand("kubeconfig")} DEVICE -- kubectl delete namespace ${workload}`
  );
}

/** The same for an object that is removed alone; empty if Argo CD removes it. */
export function staysWords({ stays }: ObjectChange): string {
  return stays
    ? " (stays on the devices: Argo CD no longer watches this kind; delete it there)"
    : "";
}

/** What comes of a change that Kubernetes refuses, and what helps; undefined if it takes it. */
export function refusedWords({ refused }: ObjectChange): string | undefined {
  if (refused === undefined) return undefined;
  const fails = `Kubernetes refuses to change ${refused.join(" and ")}, so the synchronization will fail.`;
  const values = `Keep the old ${refused.length === 1 ? "value" : "values"}`;
  if (refused.every((path) => path.endsWith(".storage"))) {
    return `${fails} ${values}: a disk does not become smaller. For an add-on, write its size from before.`;
  }
  return (
    `${fails} ${values}, give the object another name, or let Argo CD delete it first by the annotation ` +
    "argocd.argoproj.io/sync-options: Force=true,Replace=true."
  );
}

/** `point-of-sale in canary`, `point-of-sale in canary at boston`. */
export function rolloutName({ workload, ring, site }: RolloutChange): string {
  return `${workload} in ${ring}${site === null ? "" : ` at ${site}`}`;
}

/** `peers +1, −2`; undefined if the part has no peers or they do not change. */
export function peersWords({ peers }: HubChange): string | undefined {
  if (peers === null) return undefined;
  const { added, removed, changed } = peers;
  const parts = [
    ...(added.length > 0 ? [`+${added.length}`] : []),
    ...(removed.length > 0 ? [`−${removed.length}`] : []),
    ...(changed.length > 0 ? [`${changed.length} with another key or address`] : []),
  ];
  return parts.length === 0 ? "peers rewritten" : `peers ${parts.join(", ")}`;
}

/** The repository, branch and commit that the plan compares with. */
export function placeWords({ repository, branch, tip }: Plan): string {
  return tip === null
    ? `${repository}, branch ${branch}, which does not exist yet`
    : `${repository}, branch ${branch} at ${tip.slice(0, 12)}`;
}

/** What another generation of the hub's keys means, in whole sentences. */
export function hubKeysWords(change: HubKeysChange): readonly string[] {
  const { before, after, following, direct, cutOff } = change;
  const oldest = lastImageWithout(after);
  return [
    ...(after > before
      ? [
          `Run ${flotillaCommand("bootstrap")} before the publish: it places the keys of generation ${after}. The ` +
            "gateways restart with them.",
        ]
      : []),
    ...(cutOff.length > 0
      ? [
          `${counted(cutOff.length, "device")} can't follow, and the hub can't reach them until they are ` +
            "installed from new images.",
        ]
      : []),
    ...(following.length > 0
      ? [
          `${counted(following.length, "device")} with a tunnel drop older keys automatically, within about five ` +
            "minutes or when they are back. Images made before Flotilla 0.2.0 can't do that.",
        ]
      : []),
    ...(direct.length > 0
      ? [
          "Devices without a tunnel drop older keys automatically, within about five minutes after " +
            `Argo CD has reached them: ${rangesOf(direct).join(", ")}`,
        ]
      : []),
    ...(oldest > 0 && following.length + direct.length > 0
      ? [
          `Devices that were installed from an image of generation ${oldest} or earlier can't follow: it ` +
            `knows none after ${carriedGenerations(oldest).at(-1)}. Install them from new images first.`,
        ]
      : []),
  ];
}

export function terraformWords(counts: Plan["summary"]["terraform"]): string {
  const parts = Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([action, number]) => `${number} ${actionWords[action as TerraformAction]}`);
  return parts.length === 0 ? "Terraform has no changes" : `Terraform: ${parts.join(", ")}`;
}

/** Devices that change in the same way. */
export interface DeviceGroup {
  readonly change: Verb;
  readonly devices: readonly DeviceChange[];
  readonly place: string;
  readonly words: readonly string[];
  readonly image: ImageState | null;
}

/** Sorted by verb and name; a thousand devices that change in the same way are one line. */
export function deviceGroups(devices: readonly DeviceChange[]): readonly DeviceGroup[] {
  const groups = new Map<string, DeviceChange[]>();
  for (const device of devices) {
    const { change, image, site, ring } = device;
    const key = JSON.stringify([change, site, ring, image, deviceWords(device)]);
    groups.set(key, [...(groups.get(key) ?? []), device]);
  }
  const order = Object.keys(marks);
  return [...groups.values()]
    .flatMap((group): DeviceGroup[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { change, image, site, ring } = first;
      return [
        { change, image, place: `${site}, ${ring}`, words: deviceWords(first), devices: group },
      ];
    })
    .toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change));
}
