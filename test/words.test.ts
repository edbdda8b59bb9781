/**
 * Words that do not come back: phrases that readers found hard to understand, each with the better one. Documents, messages,
 * names, comments and the subjects of new commits are searched. What `left` names is not searched.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const self = "test/words.test.ts";

interface Phrase {
  readonly bad: RegExp;
  /** A text that the pattern finds. */
  readonly sample: string;
  readonly better: string;
  /** The files in which it is looked for. @default all */
  readonly in?: RegExp;
}

const documents = /\.md$/;
const code =
  /\.(?:ts|mjs|sh|ya?ml|lua|awk|jq|nft|conf|service|timer|mount|css|html)$|(?:^|\/)(?:Makefile|run)$/;

const phrases: readonly Phrase[] = [
  {
    bad: /(?:\b(?:this|that|it|which)|\$\{\w+\}) is no (?!longer|more|larger|smaller|later|earlier|reason)[a-z]/i,
    sample: "${what} is no URL",
    better: "is not a …; is not a valid …",
  },
  { bad: /\ble(?:ave|aves|ft) away\b/i, sample: "leave away --base", better: "omit" },
  { bad: /\blaid over\b/i, sample: "is laid over fleet.yaml", better: "merged over" },
  { bad: /(?<!`)\bmend(?:s|ed|ing)?\b/i, sample: "the command that mends it", better: "fix" },
  { bad: /hindrance/i, sample: "isHindrance", better: "blocking" },
  { bad: /\breckon/i, sample: "how it was reckoned", better: "calculate" },
  { bad: /devices? (?:\w+ )?feels?\b/i, sample: "how many devices feel it", better: "affected" },
  {
    bad: /stands? (?:\w+ ){0,3}twice|in this list twice/i,
    sample: "stands in this list twice",
    better: "appears twice in this list",
  },
  { bad: /\bto insist\b|\binsists\b/i, sample: "--force insists", better: "override" },
  { bad: /\b(?:is|was|be) told\b/i, sample: "is told at its line", better: "reported" },
  { bad: /\banew\b/i, sample: "derived anew", better: "again" },
  { bad: /\bworthless\b/i, sample: "make them worthless", better: "revoke; invalid" },
  {
    bad: /\b(?:its|their) (?:kin|relatives)\b/i,
    sample: "ip= and its kin",
    better: "and the like",
  },
  { bad: /\bwhom\b/i, sample: "Whom it accepts", better: "who; which" },
  { bad: /\bthere is no end of\b/i, sample: "there is no end of it", better: "never ends" },
  { bad: /\bwithout end\b/i, sample: "answers without end", better: "endless; without limit" },
  { bad: /\bslips? of\b/i, sample: "a slip of syntax", better: "error" },
  { bad: /\bat hand\b/i, sample: "the key is not at hand", better: "available; there" },
  { bad: /proves? itself/i, sample: "the hub proves itself", better: "authenticates; logs in" },
  { bad: /\bof ours\b/i, sample: "a file of ours", better: "Flotilla's" },
  { bad: /\blies (?:on|at)\b/i, sample: "its key lies on the hub", better: "is on" },
  {
    bad: /\b(?:secretiveWorkloads|laidOver|pillars|strangersOf|fates|inTurn|wayOn)\b\s*[(:=]/,
    sample: "function laidOver(base)",
    better: "mergeValues, requirements, outcomes, sequentially, nextSteps, …",
  },
  {
    bad: /^\s*(?:\/\*\*|\*|\/\/|#) Of\s/,
    sample: "  /** Of the Service. */",
    better: "start with what it is: The name of the Service.",
    in: code,
  },
  {
    bad: /\b(?:we|we're|we've)\b/i,
    sample: "we have not run them",
    better: "you; the name of the thing",
    in: documents,
  },
  {
    bad: /\b(?:thief|thieves)\b/i,
    sample: "A thief who has rights",
    better: "attacker",
    in: documents,
  },
  {
    bad: /(?<!\bthere )\bare no (?!longer\b|more\b)\w+s\b|\bthat are no more\b/i,
    sample: "they are no aliases",
    better: "are not …",
  },
  {
    bad: /\b(?:that|which) there (?:are|is) ?(?:none|$|[.,;:)"])/,
    sample: "the add-ons that there are.",
    better: "the existing …; the known …; none exists",
  },
  {
    bad: /\b(?:that|which) (?:is|are) there (?:already|now)\b/,
    sample: "a cluster that is there already",
    better: "an existing …",
  },
  {
    bad: /there is none on this machine/,
    sample: "git is needed: there is none on this machine",
    better: "it is not installed",
  },
  { bad: /\bof before (?!\))[a-z0-9]/i, sample: "an ISO of before 2021", better: "from before" },
  { bad: /\bsome \d/i, sample: "some 30 minutes", better: "about 30 minutes" },
  { bad: /\bheld (?:to|against)\b/, sample: "is held to the lock", better: "compared with" },
  { bad: /\b(?:is|are) said\b(?! to)/, sample: "a redirect is said", better: "reported; printed" },
  {
    bad: /\b(?:one|an?) (?!or\b|no\b)[a-z]+ more\b(?! than| of| bits)/i,
    sample: "has a pod more",
    better: "one more …; another …",
  },
  { bad: /\bone's own\b/, sample: "a cluster of one's own", better: "your own …" },
  {
    bad: /\bby what (?:a|an|the) [a-z]+ [a-z]+ (?:is|are|has)\b|\b[Bb]y what an? /,
    sample: "By what a machine is recognized",
    better: "how …",
  },
  {
    bad: /, also (?:of|by|in|with|where|to|for|from|when|if|those|at|on|after|a)\b/,
    sample: "all files, also those in Git",
    better: "including …; even …",
  },
  {
    bad: /\bha(?:s|ve) Argo CD (?:look|skip|compare|read|restart)\b/,
    sample: "has Argo CD look at it",
    better: "makes Argo CD …",
  },
  {
    bad: /\b(?:may|can|must) stand\b(?! in)|\bstands? (?:beside|behind|around|under|below|where|by itself)\b/,
    sample: "what may stand in front, stands beside it",
    better: "is; follows; can be",
  },
  { bad: /\blies? (?:beside|behind|below|under)\b/, sample: "which lie beside it", better: "are" },
  { bad: /\bin sum\b/, sample: "16 MiB in sum", better: "in total; together" },
  { bad: /\bwithout a yes\b|\ba yes\./, sample: "waits for a yes.", better: "confirm" },
  { bad: /\ball the same\b/, sample: "publish it all the same", better: "anyway; even so" },
  { bad: /\bbelongs? into\b/, sample: "belongs into a folder", better: "belongs in" },
  {
    bad: /(?:^|[.;:] )Who (?:has|steals|loses|may write|writes)\b(?![^.]*\?)/,
    sample: "Who steals it has every device",
    better: "whoever …",
  },
  { bad: /(?<!-)\bours?\b(?!-)/i, sample: "by our values", better: "Flotilla's", in: documents },
  {
    bad: /\b(?:that|which|what) (?:is|are) none\b(?! of)/,
    sample: "a hash that is none",
    better: "an invalid …",
  },
  { bad: /\bwhat is no (?!longer|more)[a-z]/i, sample: "what is no YAML", better: "what is not …" },
  {
    bad: /\bstands? (?:at|on) (?:an?|its|the|their)\b/,
    sample: "mistakes stand at their own lines",
    better: "are; are reported at",
  },
  { bad: /\b(?:can't|cannot|not|to) be had\b/, sample: "cannot be had", better: "not available" },
  { bad: /\bonce more\b/, sample: "starts it once more", better: "again" },
  { bad: /\b[Ss]ays of\b/, sample: "what kubectl says of it", better: "says about; reports" },
  {
    bad: /\bare told\b(?! (?:apart|the|to)\b)/,
    sample: "disks that stay are told",
    better: "listed; reported",
  },
  {
    bad: /\bone (?:thin )?(?:construct|entry|file|line|object|row) an? (?:cloud|command|device|file|level|ring)\b/,
    sample: "one object a file",
    better: "one object per file",
  },
  { bad: /\bshall\b/i, sample: "how it shall end", better: "must; should; present tense" },
  {
    bad: /\b(?:thereof|therein|whereby|hitherto|lest|whilst|amongst|heretofore)\b/i,
    sample: "whereby it ends",
    better: "in plain words",
  },
  { bad: /\b(?:inside|outside) of\b/i, sample: "a key inside of it", better: "inside; outside" },
];

/**
 * Written by others or by machines: not searched. Nor are comments that a device or the state repository gets: other words
 * would ask for new images, or restart pods.
 */
const left =
  /^(?:gitops\/imports\/|test\/golden\/|gitops\/programs\/)|^edge\/.*\.(?:sh|yaml|nft|conf|service|timer|mount)$/;
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => documents.test(file) || code.test(file))
  .filter((file) => file !== self && !left.test(file));

test("there are documents and sources to search", () => {
  expect(files.filter((file) => documents.test(file)).length).toBeGreaterThan(40);
  expect(files.filter((file) => code.test(file)).length).toBeGreaterThan(500);
});

test.each(phrases)("$bad finds its sample", ({ bad, sample }) => expect(sample).toMatch(bad));

describe("no file has", () => {
  const lines = new Map(
    files.map((file) => [file, readFileSync(join(root, file), "utf8").split("\n")]),
  );
  test.each(phrases)("$sample: write $better", ({ bad, in: where, better }) => {
    const found = [...lines]
      .filter(([file]) => where?.test(file) ?? true)
      .flatMap(([file, text]) =>
        text.flatMap((line, index) =>
          bad.test(line) ? `${file}:${index + 1}: ${line.trim()}` : [],
        ),
      );
    expect(found, `write ${better}`).toEqual([]);
  });
});

/** The first day whose commits are searched: older ones cannot be changed. */
const firstDay = "2026-11-30T04:00:00Z";

describe("subjects of commits", () => {
  // A package or an archive has no repository with commits to search.
  const subjects = existsSync(join(root, ".git"))
    ? execFileSync("git", ["log", "--no-merges", `--since=${firstDay}`, "--format=%h %s", "-200"], {
        cwd: root,
        encoding: "utf8",
      })
        .split("\n")
        .filter((line) => line !== "")
    : [];

  test.each(phrases)("none has $sample: write $better", ({ bad, in: where }) => {
    if (where === code) return;
    expect(subjects.filter((subject) => bad.test(subject))).toEqual([]);
  });

  test("each starts with what was done, and has no full stop", () => {
    expect(subjects.filter((subject) => !/^[0-9a-f]+ [A-Z][a-z]+ .*[^.]$/.test(subject))).toEqual(
      [],
    );
  });
});
