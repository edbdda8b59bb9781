/** The words of a commit in the state repository: what changed, for the people who read its log. */
import { parseStatePath, renderingName } from "../../fleet/model/state-layout.ts";

/** Paths in the state repository, by what a commit does to them. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const verbs = ["add", "change", "remove"] as const;
type Verb = (typeof verbs)[number];

/** What a path is about. A workload is rolled out ring by ring, so its rings are told apart. */
const nouns = ["device", "rollout", "file"] as const;
type Noun = (typeof nouns)[number];

/** One line of the body: what is done to the things of one kind. */
interface Line {
  readonly verb: Verb;
  readonly noun: Noun;
  readonly names: readonly string[];
}

/** The length to which Git's tools show a subject in full. */
const subjectLengthMax = 72;

/** More names than this are not read by anybody; the commit's own list of files has them all. */
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

/** The most telling form that fits: names, else counts. */
function subject(lines: readonly Line[]): string {
  if (lines.length === 0) return "Rewrite the list of Flotilla's files";
  const telling = lines.filter(({ noun }) => noun !== "file");
  const shown = telling.length > 0 ? telling : lines;
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
  // Files added and removed in one rollout make a change of it.
  const verbOf = ([verb, ...others]: readonly Verb[]): Verb | undefined =>
    others.length === 0 ? verb : "change";
  return verbs.flatMap((verb): Line[] => {
    const names = [...done].filter(([, set]) => verbOf([...set]) === verb).map(([name]) => name);
    return names.length === 0 ? [] : [{ verb, noun, names: names.toSorted() }];
  });
}

/** What a file of the state repository is about. */
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

/** Breaks at spaces so that no line is longer than a subject, save for a word that is. */
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
