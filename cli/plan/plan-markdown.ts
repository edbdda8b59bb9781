/** A plan as Markdown for the comment of a pull request. The same for the same plan. */
import { escapeControls } from "../terminal/control-characters.ts";
import { code, codeBlock, folded } from "./markdown.ts";
import { outcomeWords, summaryText } from "./outcomes.ts";
import { outcomes, type Plan } from "./plan.ts";
import { planSections } from "./plan-text.ts";
import {
  actionWords,
  changeWords,
  counted,
  formatNumber,
  imageMeaning,
  objectName,
  rangesOf,
  rolloutName,
} from "./wording.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

/**
 * GitHub takes comments of 65,536 characters. The rest is for what a workflow adds, such as a link to
 * the page.
 */
const bytesMax = 60_000;
/** What a list names; the details name all. */
const listMax = 20;
const listBytesMax = 1_000;
const columns = 100;

/** @param problem the reason if a publish of this would be refused */
export function planMarkdown(plan: Plan, problem?: string): string {
  const warnings = warningsOf(plan, problem);
  const head = [
    // By this line a workflow finds the comment that it wrote before.
    `<!-- flotilla plan: ${plan.fleet} -->`,
    `### Plan for ${code(plan.fleet)}`,
    ...(warnings.length > 0 ? [alert("CAUTION", warnings)] : []),
    summaryText(plan),
    ...list([...deviceItems(plan), ...hubItems(plan)]),
    ...notes(plan),
    `Compared with ${placeText(plan)}.`,
  ].join("\n\n");
  if (!plan.summary.changes) return `${head}\n`;
  return `${head}\n\n${details(plan, bytesMax - bytesOf(head))}`;
}

/** What a publish does not change, and somebody should know. */
function notes({ summary, staleMedia = [] }: Plan): string[] {
  const lines = [
    ...(summary.images.unknown > 0 ? [imageMeaning("unknown")] : []),
    ...firstOf(
      staleMedia,
      "site image",
      ({ path, command }) =>
        `${code(path)} is older than the fleet file. Make it again: ${code(command)}`,
    ),
  ];
  return lines.length === 0 ? [] : [alert("NOTE", lines)];
}

const bytesOf = (text: string) => Buffer.byteLength(text);

/** What somebody has to know before the publish. */
function warningsOf(plan: Plan, problem?: string): string[] {
  const { outcomes: lists, terraform, hubKeys } = plan;
  const refused = refusedChanges(plan);
  const lost = terraform
    .flatMap(({ resources }) => resources)
    .filter(({ action }) => action === "replace" || action === "delete")
    .map(({ address, action }) => `${code(address)} ${actionWords[action]}`);
  const { reinstall, removed } = lists;
  return [
    ...(problem === undefined ? [] : [`A publish would be refused: ${code(problem)}`]),
    ...(reinstall.length > 0
      ? [
          `**The hub can't reach ${counted(reinstall.length, "device")} until reinstalled:** ` +
            `${names(reinstall)}. Make new images, and reinstall right after the publish.`,
        ]
      : []),
    ...(removed.length > 0
      ? [
          `**${counted(removed.length, "device")} removed and no longer managed:** ` +
            `${names(removed)}.`,
        ]
      : []),
    ...(lost.length > 0
      ? [`**Terraform replaces or destroys ${counted(lost.length, "resource")}:** ${some(lost)}.`]
      : []),
    ...(refused.length > 0
      ? [
          `**Kubernetes refuses to change fields of ${counted(refused.length, "object")}, so the ` +
            `synchronization will fail:** ${some(refused)}.`,
        ]
      : []),
    ...(hubKeys === undefined
      ? []
      : [
          `The keys of the hub go from generation ${hubKeys.before} to ${hubKeys.after}. ` +
            `Run \`${flotillaCommand("bootstrap")}\` before the publish.`,
        ]),
  ];
}

/** Each object once, though it changes in several rings. */
function refusedChanges({ rollouts, hub }: Plan): readonly string[] {
  const objects = [...rollouts, ...hub].flatMap((change) => change.objects);
  return [
    ...new Set(
      objects.flatMap((object) =>
        object.refused === undefined
          ? []
          : [`${code(objectName(object))} (${object.refused.map(code).join(", ")})`],
      ),
    ),
  ];
}

function deviceItems({ outcomes: lists, devices, restarts, rollouts }: Plan): string[] {
  const images = devices
    .filter(({ image }) => image === "new" || image === "reinstall" || image === "changed")
    .map(({ device }) => device);
  return [
    ...outcomes
      .filter((outcome) => outcome !== "unchanged" && lists[outcome].length > 0)
      .map((outcome) => {
        const own = lists[outcome];
        return `${counted(own.length, "device")} ${outcomeWords[outcome]}: ${names(own)}`;
      }),
    ...(images.length > 0 ? [`${counted(images.length, "image")} to make: ${names(images)}`] : []),
    ...firstOf(restarts, "upgrade", ({ before, after, devices: own }) => {
      const number = counted(own.length, "device");
      return `K3s ${code(before)} → ${code(after)} on ${number}, inside the maintenance windows`;
    }),
    ...firstOf(rollouts, "rollout", (rollout) => {
      const { change, devices: own, left } = rollout;
      const stays = left.length > 0 ? `, and what it deployed stays on ${names(left)}` : "";
      return `Workload ${code(rolloutName(rollout))} ${change}: ${counted(own.length, "device")}${stays}`;
    }),
  ];
}

function hubItems({ hub, terraform }: Plan): string[] {
  return [
    ...firstOf(hub, "part", ({ name, change, chart }) => {
      const version = chart === null ? "" : `, chart ${code(changeWords(chart))}`;
      return `Hub: ${code(name)} ${change}${version}`;
    }),
    ...firstOf(terraform, "plan", ({ file, resources }) => {
      return `Terraform (${code(file)}): ${counted(resources.length, "change")}`;
    }),
  ];
}

function firstOf<Item>(
  items: readonly Item[],
  noun: string,
  textOf: (item: Item) => string,
): string[] {
  const rest = items.length - listMax;
  return [
    ...items.slice(0, listMax).map(textOf),
    ...(rest > 0 ? [`${counted(rest, `more ${noun}`)}`] : []),
  ];
}

const list = (items: readonly string[]) =>
  items.length === 0 ? [] : [items.map((item) => `- ${item}`).join("\n")];

const alert = (kind: string, lines: readonly string[]) =>
  [`[!${kind}]`, ...lines.flatMap((line, index) => (index === 0 ? [line] : ["", line]))]
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

const names = (all: readonly string[]) => some(rangesOf(all).map(code));

function some(texts: readonly string[]): string {
  let bytes = 0;
  const shown = texts.filter((text, index) => {
    bytes += bytesOf(text) + 2;
    return index === 0 || (index < listMax && bytes <= listBytesMax);
  });
  const rest = texts.length - shown.length;
  const more = rest > 0 ? ` and ${formatNumber(rest)} more` : "";
  return `${shown.join(", ")}${more}`;
}

function placeText({ repository, branch, tip }: Plan): string {
  const place = `${code(repository)}, branch ${code(branch)}`;
  return tip === null
    ? `${place}, which does not exist yet`
    : `${place} at ${code(tip.slice(0, 12))}`;
}

/** The sections of the plan's text, each closed. What is too long is cut at the end of a line. */
function details(plan: Plan, room: number): string {
  const sections = planSections(plan, columns).map(escapeControls);
  let left = room;
  return sections
    .flatMap((section, index) => {
      if (left < 2 * frameBytes) return [];
      // Up to what is not our own word: "Devices", "Terraform".
      const title = /^[\w' ]*/.exec(section)?.[0].trim() ?? "";
      const share = left / (sections.length - index) - frameBytes;
      const part = folded(title, codeBlock(cut(section, share)));
      left -= bytesOf(part) + 1;
      return [part];
    })
    .join("\n");
}

/** What is around the lines of a section: its title, two fences, and the line that says what was cut. */
const frameBytes = 500;

function cut(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  const lines = text.trimEnd().split("\n");
  let left = bytes;
  const fits = lines.findIndex((line) => (left -= bytesOf(line) + 1) < 0);
  const rest = counted(lines.length - fits, "more line");
  return [...lines.slice(0, fits), `… ${rest}: ${flotillaCommand("plan")} shows all`, ""].join(
    "\n",
  );
}
