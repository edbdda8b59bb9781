/** A plan as text, wrapped to the width of a terminal. */
import { onOneLine } from "../../fleet/model/one-line.ts";
import type { Screen } from "../terminal/screen.ts";
import { toned, type Tone } from "../terminal/tones.ts";
import { staleText } from "../project/site-record.ts";
import { outcomesText, summaryText } from "./outcomes.ts";
import { imageStates, outcomes } from "./plan.ts";
import type { FieldChange, ObjectChange, Plan, TerraformPlan, Verb } from "./plan.ts";
import {
  actionWords,
  changeWords,
  counted,
  deviceGroups,
  hubKeysWords,
  imageMeaning,
  marks,
} from "./wording.ts";
import {
  imageWords,
  leftWords,
  objectName,
  peersWords,
  placeWords,
  rangesOf,
  rolloutName,
  refusedWords,
  staysWords,
} from "./wording.ts";

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly tone?: Tone;
}

export function formatPlan(plan: Plan, screen: Screen): string {
  const sections: readonly (readonly Line[])[] = [
    [{ indent: 0, text: `Plan for ${plan.fleet}: ${placeWords(plan)}`, tone: "heading" }],
    ...sectionsOf(plan),
    [{ indent: 0, text: summaryText(plan), tone: "heading" }],
  ];
  return sections.map((lines) => formatLines(lines, screen)).join("\n");
}

/** What is between the first line of the text and the summary: its sections, without colours. */
export function planSections(plan: Plan, columns: number): readonly string[] {
  const screen = { columns, colours: false };
  return sectionsOf(plan).map((lines) => formatLines(lines, screen));
}

function sectionsOf(plan: Plan): readonly (readonly Line[])[] {
  return [
    deviceLines(plan),
    restartLines(plan),
    rolloutLines(plan),
    hubLines(plan),
    hubKeysLines(plan),
    sizeLines(plan),
    imageLines(plan),
    mediaLines(plan),
    ...plan.terraform.map(terraformLines),
  ].filter((lines) => lines.length > 0);
}

function deviceLines({ devices, summary }: Plan): readonly Line[] {
  if (summary.devices.unchanged === fleetSize(summary)) return [];
  return [
    { indent: 0, text: `Devices: ${outcomesText(summary)}`, tone: "heading" },
    ...deviceGroups(devices).flatMap(({ change, devices: group, place, words, image }) => {
      const names = rangesOf(group.map(({ device }) => device)).join(", ");
      const number = group.length > 1 ? `${counted(group.length, "device")}: ` : "";
      const details = [place, ...words, ...(image === null ? [] : [imageWords[image]])].join("; ");
      return [
        { indent: 2, text: `${marks[change]} ${number}${names}`, tone: toneOf(change) },
        { indent: 6, text: details, ...(image === "reinstall" && { tone: "loud" as const }) },
      ];
    }),
  ];
}

const fleetSize = ({ devices }: Plan["summary"]) =>
  outcomes.reduce((sum, outcome) => sum + devices[outcome], 0);

function restartLines({ restarts }: Plan): readonly Line[] {
  if (restarts.length === 0) return [];
  return [
    { indent: 0, text: "K3s restarts, inside the maintenance windows", tone: "heading" },
    ...restarts.flatMap(({ before, after, devices }): readonly Line[] => [
      {
        indent: 2,
        text: `${before} → ${after}: ${counted(devices.length, "device")}`,
        tone: "warning",
      },
      { indent: 6, text: rangesOf(devices).join(", ") },
    ]),
  ];
}

function rolloutLines({ rollouts }: Plan): readonly Line[] {
  if (rollouts.length === 0) return [];
  return [
    { indent: 0, text: "Workloads on devices", tone: "heading" },
    ...rollouts.flatMap((rollout) => {
      const { change, objects, devices } = rollout;
      const text = `${marks[change]} ${rolloutName(rollout)}: ${counted(devices.length, "device")}`;
      return [
        { indent: 2, text, tone: toneOf(change) },
        ...(devices.length > 0 ? [{ indent: 6, text: `on ${rangesOf(devices).join(", ")}` }] : []),
        ...leftLines(rollout),
        ...objects.flatMap((object) => objectLines(object, change)),
      ];
    }),
  ];
}

function leftLines(rollout: Plan["rollouts"][number]): readonly Line[] {
  const text = leftWords(rollout);
  return text === undefined ? [] : [{ indent: 6, text, tone: "warning" }];
}

function hubLines({ hub }: Plan): readonly Line[] {
  if (hub.length === 0) return [];
  return [
    { indent: 0, text: "Hub", tone: "heading" },
    ...hub.flatMap((part): readonly Line[] => {
      const peers = peersWords(part);
      return [
        { indent: 2, text: `${marks[part.change]} ${part.name}`, tone: toneOf(part.change) },
        ...(part.chart ? [{ indent: 6, text: `chart ${changeWords(part.chart)}` }] : []),
        ...(part.values.length > 0 ? [{ indent: 6, text: "values" }] : []),
        ...part.values.map(fieldLine),
        ...(peers === undefined ? [] : [{ indent: 6, text: peers }]),
        ...part.objects.flatMap((object) => objectLines(object, part.change)),
      ];
    }),
  ];
}

function hubKeysLines({ hubKeys }: Plan): readonly Line[] {
  if (hubKeys === undefined) return [];
  const { before, after } = hubKeys;
  return [
    { indent: 0, text: "Keys of the hub", tone: "heading" },
    { indent: 2, text: `generation ${before} → ${after}`, tone: "warning" },
    ...hubKeysWords(hubKeys).map((text) => ({ indent: 6, text })),
  ];
}

function sizeLines({ hubSize }: Plan): readonly Line[] {
  if (hubSize.length === 0) return [];
  const lines = hubSize.map((text) => ({ indent: 2, text }));
  return [{ indent: 0, text: "Size of the hub", tone: "heading" }, ...lines];
}

/** If the whole is added or removed, its objects need no mark. */
function objectLines(object: ObjectChange, whole: Verb): readonly Line[] {
  const mark = object.change === whole ? "" : `${marks[object.change]} `;
  const refused = refusedWords(object);
  return [
    { indent: 6, text: mark + objectName(object) + staysWords(object) },
    ...object.fields.map(fieldLine),
    ...(refused === undefined ? [] : [{ indent: 8, text: refused, tone: "loud" as const }]),
  ];
}

function fieldLine(field: FieldChange): Line {
  return { indent: 8, text: `${field.path}  ${changeWords(field)}` };
}

function imageLines({ devices, summary }: Plan): readonly Line[] {
  const states = imageStates.filter((state) => state !== "same" && summary.images[state] > 0);
  if (states.length === 0) return [];
  const same = `The other ${counted(summary.images.same, "image")} do not change.`;
  return [
    { indent: 0, text: "Images", tone: "heading" },
    ...states.flatMap((state): readonly Line[] => {
      const names = devices.filter(({ image }) => image === state).map(({ device }) => device);
      const line = `${imageWords[state]} (${names.length}): ${rangesOf(names).join(", ")}`;
      return [
        { indent: 2, text: line, ...(state === "reinstall" && { tone: "loud" as const }) },
        { indent: 6, text: imageMeaning(state) },
      ];
    }),
    ...(summary.images.same > 0 ? [{ indent: 2, text: same }] : []),
  ];
}

function mediaLines({ staleMedia = [] }: Plan): readonly Line[] {
  if (staleMedia.length === 0) return [];
  const lines = staleMedia.map((medium) => ({ indent: 2, text: staleText(medium) }));
  return [{ indent: 0, text: "Images of sites", tone: "heading" }, ...lines];
}

function terraformLines({ file, resources, outputs }: TerraformPlan): readonly Line[] {
  const none = resources.length + outputs.length === 0;
  return [
    { indent: 0, text: `Terraform (${file})${none ? ": no changes" : ""}`, tone: "heading" },
    ...resources.map(({ address, action, attributes }): Line => {
      const isLoud = action === "replace" || action === "delete";
      const because = attributes.length > 0 ? `: ${attributes.join(", ")}` : "";
      const word = isLoud ? actionWords[action].toUpperCase() : actionWords[action];
      return {
        indent: 2,
        text: `${address} ${word}${because}`,
        ...(isLoud && { tone: "loud" as const }),
      };
    }),
    ...(outputs.length > 0 ? [{ indent: 2, text: `outputs: ${outputs.join(", ")}` }] : []),
  ];
}

const tones: Readonly<Record<Verb, Tone>> = { added: "good", changed: "warning", removed: "bad" };
const toneOf = (verb: Verb): Tone => tones[verb];

export function formatLines(lines: readonly Line[], screen: Screen): string {
  return lines.map((line) => format(line, screen)).join("");
}

/** One line, or several; later ones are indented further. */
function format({ indent, text, tone }: Line, { columns, colours }: Screen): string {
  const lines = wrapped(onOneLine(text), indent, columns);
  return lines
    .map((line, index) => {
      const start = " ".repeat(index === 0 ? indent : indent + 4);
      return `${start}${toned(line, tone, colours)}\n`;
    })
    .join("");
}

/** Lines are never narrower. */
const columnsMin = 20;

function wrapped(text: string, indent: number, columns: number | undefined): readonly string[] {
  if (columns === undefined) return [text];
  const lines: string[] = [""];
  const room = () => Math.max(columnsMin, columns - indent - (lines.length > 1 ? 4 : 0));
  for (const word of text.split(" ")) {
    let rest = word;
    const line = lines.at(-1) ?? "";
    const joined = line === "" ? rest : `${line} ${rest}`;
    if (joined.length <= room()) {
      lines[lines.length - 1] = joined;
      continue;
    }
    if (line !== "") lines.push("");
    // Breaks a word that is longer than a line.
    for (; rest.length > room(); lines.push("")) {
      const width = room();
      lines[lines.length - 1] = rest.slice(0, width);
      rest = rest.slice(width);
    }
    lines[lines.length - 1] = rest;
  }
  return lines;
}
