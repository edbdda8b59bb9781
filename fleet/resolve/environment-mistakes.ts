/** What the environments of one project must not share, and a base that needs an environment. */
import { posix } from "node:path";
import { valueAt } from "../grammar/check.ts";
import { extendedSchema, type Extensions } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";

/** Whether values that every fleet must have are missing. */
export function lacksValues(source: Source, extensions: Extensions): boolean {
  const { error } = extendedSchema(extensions).safeParse(source.value);
  const issues = error?.issues ?? [];
  return issues.some(({ path }) => valueAt(source.value, path) === undefined);
}

/**
 * Keys are derived from the fleet's name, a domain leads to one hub, and a publish removes from the
 * state repository what it did not make.
 *
 * @param source of the fleet that is loaded
 * @param others of the project's other fleets, if they can be read
 */
export function environmentMistakes(source: Source, others: readonly Source[]): Mistake[] {
  return others.flatMap((other) =>
    shared
      .filter(({ of }) => of(source.value).some((key) => of(other.value).includes(key)))
      .map(({ path, noun }) => {
        const files = [source.file, other.file].toSorted().join(" and ");
        const message = `${files} have the same ${noun}. Write another one in one of these files.`;
        const [one, two] = [source, other].map(({ value }) => textsAt(value, path).map(plainPlace));
        const isHere = String(one) === String(two) || textsAt(source.value, pushPath).length === 0;
        return source.mistake(isHere ? path : pushPath, message);
      }),
  );
}

const urlPath = ["repository", "url"];
const pushPath = ["repository", "push"];

const shared = [
  { path: ["fleet"], noun: "fleet", of: (fleet: unknown) => textsAt(fleet, ["fleet"]) },
  { path: ["domain"], noun: "domain", of: (fleet: unknown) => textsAt(fleet, ["domain"]) },
  { path: urlPath, noun: "state repository", of: repositories },
];

function textsAt(fleet: unknown, path: readonly string[]): string[] {
  const value = valueAt(fleet, path);
  return typeof value === "string" ? [value] : [];
}

/** Where a fleet's state is published and read, each with its branch. */
function repositories(fleet: unknown): string[] {
  const [branch = "main"] = textsAt(fleet, ["repository", "branch"]);
  // Terraform creates this one, whatever its branch.
  const managed = valueAt(fleet, ["repository", "github"]) === undefined ? [] : ["github"];
  const places = [urlPath, pushPath].flatMap((path) => textsAt(fleet, path).map(plainPlace));
  return places.flatMap((place) => [branch, ...managed].map((name) => `${name} of ${place}`));
}

/** The same place is written with and without `.git` and slashes. */
function plainPlace(place: string): string {
  const path = /^[a-z+]+:\/\/|^[^/]*:/i.test(place) ? place : posix.normalize(place);
  return path.replace(/\/+$/, "").replace(/\.git$/, "");
}
