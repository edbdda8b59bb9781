/** The glossary of statuses has every word that the commands print, and every name that it takes from Grafana. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Presence, Registered } from "../../../cli/hub/status/fleet-status.ts";
import { outcomeWords } from "../../../cli/plan/outcomes.ts";
import { actionWords, imageWords, marks } from "../../../cli/plan/wording.ts";
import { dashboards } from "../../../gitops/monitoring/dashboards/index.ts";
import { alertsOf } from "../../../gitops/monitoring/rules.ts";

const page = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "docs", "reference", "statuses.md"),
  "utf8",
);
/** What each table defines: the cells of its first column. */
const defined = [...page.matchAll(/^\| +(.*?) +\|/gm)].flatMap(([, cell = ""]) =>
  cell.replaceAll("`", "").split(", "),
);
/** The words in backticks. */
const inCode = [...page.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word);

// By type: a new state does not compile until it is here, and fails until the page has it.
const presences: Readonly<Record<Presence, true>> = {
  present: true,
  away: true,
  never: true,
  direct: true,
  unknown: true,
};
const registered: Readonly<Record<Registered, string>> = {
  yes: "yes",
  waiting: "not yet",
  no: "no",
  unknown: "?",
};

test.each([...Object.keys(presences), ...Object.values(outcomeWords)])("%s is defined", (word) => {
  expect(defined).toContain(word);
});

test.each([
  ...Object.values(registered),
  ...Object.values(imageWords),
  ...Object.values(actionWords),
  ...Object.values(marks),
  "ok",
  "missing",
  "advice",
  "unknown",
])("%s is there", (word) => expect(inCode).toContain(word));

test("the titles and alerts that it names exist", () => {
  const titles = dashboards.map(({ title }) => title);
  const panels = dashboards.flatMap((each) => each.panels.map(({ title }) => title));
  for (const title of page.matchAll(/"(Fleet: [^"]+)"/g)) expect(titles).toContain(title[1]);
  expect(panels).toEqual(
    expect.arrayContaining(["Present", "Away", "Never seen", "As in Git", "Healthy"]),
  );
  const alerts = alertsOf(56).map(({ alert }) => alert);
  for (const [, alert] of page.matchAll(/`((?:Fleet|Hub)[A-Z]\w+)`/g))
    expect(alerts).toContain(alert);
});
