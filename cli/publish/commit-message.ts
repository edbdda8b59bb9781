/** The message of a commit in the state repository: what changed. */
import { parseStatePath, renderingName } from "../../fleet/model/state-layout.ts";

/** Paths in the state repository, by the kind of change. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const verbs = ["add", "change", "remove"] as const;
type Verb = (typeof verbs)[number];

/** What a path belongs to. A workload is rolled out ring by ring, so each ring is listed. */
const nouns = ["device", "rollout", "file"] as const;
type Noun = (typeof nouns)[number];

/** One line of the body. */
interface Line {
  readonly verb: Verb;
  readonly noun: Noun;
  readonly names: readonly string[];
}

/** Git's tools cut longer subjects. */
const subjectLengthMax = 72;

/** Further names are counted; the commit itself lists all files. */
const namesMax = 100;

/** Subject and body for a commit of these changes. */
export function commitMessage(changes: Changes): string {
  const lines = nouns.flatMap((noun) => linesOf(noun, changes));
  const body = lines.map(({ verb, noun, names }) => {
    const things = names.length === 1 ? noun : `${noun}s (${names.length})`;
    return fold(`${capital(verb)} ${things}: ${shortList(names)}`);
  });
  return [subject(lines), "", ...body, ""].join("\n");
}

/** The most detailed form that fits: names, or counts. */
function subject(lines: readonly Line[]): string {
  if (lines.length === 0) return "Rewrite the list of Flotilla's files";
  const meaningful = lines.filter(({ noun }) => noun !== "file");
  const shown = meaningful.length > 0 ? meaningful : lines;
  const counted = shown.map(({ verb, noun, names }) => {
    return `${verb} ${names.length} ${noun}${names.length === 1 ? "" : "s"}`;
  });
  const named = shown.map(({ verb, noun, names }, index) =>
    names.length === 1 ? `${verb} ${noun} ${names[0]}` : counted[index],
  );
  const forms = [named, counted].map((parts) => capital(parts.join(", ")));
  return forms.find((form) => form.length <= subjectLengthMax) ?? "Change the state of the fleet";
}

function linesOf(noun: Noun, changes: Changes): Line[] {
  const done = new Map<string, Set<Verb>>();
  const note = (verb: Verb, paths: readonly string[]): void => {
    for (const thing of paths.map(thingOf)) {
      if (thing.noun !== noun) continue;
      done.set(thing.name, (done.get(thing.name) ?? new Set<Verb>()).add(verb));
    }
  };
  note("add", changes.added);
  note("change", changes.changed);
  note("remove", changes.removed);
  // A rollout with added and removed files is changed.
  const verbOf = ([verb, ...others]: readonly Verb[]): Verb | undefined =>
    others.length === 0 ? verb : "change";
  return verbs.flatMap((verb): Line[] => {
    const names = [...done].filter(([, set]) => verbOf([...set]) === verb).map(([name]) => name);
    return names.length === 0 ? [] : [{ verb, noun, names: names.toSorted() }];
  });
}

/** What a file of the state repository belongs to. */
function thingOf(path: string): { readonly noun: Noun; readonly name: string } {
  const file = parseStatePath(path);
  if (file?.kind === "registration") return { noun: "device", name: file.device };
  if (file?.kind === "rendered") {
    return { noun: "rollout", name: `${file.workload} in ${renderingName(file)}` };
  }
  return { noun: "file", name: path };
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(", ");
  const more = names.length - namesMax;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** Breaks at spaces so that no line is longer than a subject, except for longer words. */
function fold(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > subjectLengthMax) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
