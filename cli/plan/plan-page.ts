/**
 * A plan as one HTML page: no requests, no scripts, usable by keyboard, and no information by colour
 * alone.
 */
import { createHash } from "node:crypto";
import { writeUserFile } from "../../fleet/files/user-file.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import {
  countOutcomes,
  outcomeGroups,
  outcomeWords,
  summaryText,
  type OutcomeGroup,
} from "./outcomes.ts";
import { html, Markup } from "./markup.ts";
import { outcomes, type Plan } from "./plan.ts";
import { deviceSection, hubSection, imageSection } from "./plan-page-sections.ts";
import {
  restartSection,
  rolloutSection,
  terraformSection,
  type Section,
} from "./plan-page-sections.ts";
import { fleetDiagram, markSymbols, outcomeMark } from "./fleet-diagram.ts";
import { counted, formatNumber, placeWords } from "./wording.ts";

/** Widths of the diagrams in CSS pixels, for windows of at least 1,192 and of 360. */
const wideWidth = 1160;
const narrowWidth = 328;

/** The text of an HTML document; the same for the same plan, on every machine. */
export function planPage(plan: Plan, fleet: Fleet): string {
  const groups = outcomeGroups(plan, fleet);
  const sections: readonly Section[] = [
    diagramSection(plan, groups),
    deviceSection(plan),
    restartSection(plan),
    rolloutSection(plan),
    hubSection(plan),
    imageSection(plan),
    ...(plan.terraform.length > 0 ? [terraformSection(plan)] : []),
  ];
  const title = `Plan for the fleet ${plan.fleet}`;
  return html`${new Markup("<!doctype html>")}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${styleElement}
      </head>
      <body>
        <header>
          <a class="skip" href="#content">Skip to the content</a>
          <h1>${title}</h1>
          <p class="faint">
            What the next publish changes in ${placeWords(plan)}. Hub ${plan.domain}.
          </p>
          <p class="summary">${summaryText(plan)}</p>
          ${warnings(plan).map((warning) => html`<p class="loud">${warning}</p>`)}
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main id="content" tabindex="-1">
          ${tiles(plan)}
          ${sections.map(({ id, title: name, content }) => {
            return html`<section aria-labelledby="${id}">
              <h2 id="${id}">${name}</h2>
              ${content}
            </section>`;
          })}
        </main>
      </body>
    </html> `.text;
}

export function writePlanPage(file: string, plan: Plan, fleet: Fleet): void {
  atPath(file, () => writeUserFile(file, planPage(plan, fleet)));
}

const pageStyle = sourceText("cli/plan/plan-page.css");

/** Without line breaks around the text: the policy contains the hash of exactly this text. */
const styleElement = new Markup(`<style>${pageStyle}</style>`);
const styleHash = createHash("sha256").update(pageStyle).digest("base64");
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** Warnings at the top of the page. */
function warnings({ summary: { images, terraform } }: Plan): readonly string[] {
  const lost = terraform.replace + terraform.delete;
  return [
    ...(images.reinstall > 0
      ? [`The hub can't reach ${counted(images.reinstall, "device")} until reinstalled.`]
      : []),
    ...(lost > 0 ? [`Terraform replaces or destroys ${counted(lost, "resource")}.`] : []),
  ];
}

function tiles({ summary }: Plan): Markup {
  const { devices, images } = summary;
  const all: readonly (readonly [string, number, string])[] = [
    ["Devices added", devices.added, ""],
    ["Devices removed", devices.removed, ""],
    ["Devices to reinstall", devices.reinstall, ""],
    ["Other settings", devices.changed, devices.changed === 1 ? "device" : "devices"],
    ["K3s restarts on", summary.restartingDevices, ""],
    ["Workloads change on", summary.affectedDevices, counted(summary.rollouts, "rollout")],
    ["Parts of the hub", summary.hub, "that change"],
    [
      "Images to make",
      images.new + images.reinstall + images.changed,
      images.reinstall > 0 ? `${images.reinstall} to reinstall` : "",
    ],
  ];
  return html`<dl class="tiles">
    ${all.map(([name, number, more]) => {
      const small = more === "" ? "" : html` <small>${more}</small>`;
      return html`<div>
        <dt>${name}</dt>
        <dd>${formatNumber(number)}${small}</dd>
      </div>`;
    })}
  </dl>`;
}

function diagramSection(plan: Plan, groups: readonly OutcomeGroup[]): Section {
  const counts = countOutcomes(groups);
  const shown = outcomes.filter((outcome) => (counts.get(outcome) ?? 0) > 0);
  const summary = shown
    .map((outcome) => `${counted(counts.get(outcome) ?? 0, "device")} ${outcomeWords[outcome]}`)
    .join(", ");
  const sites = new Set(groups.map(({ site }) => site)).size;
  const content = html`<figure>
      ${markSymbols()} ${fleetDiagram(plan, groups, { width: wideWidth, id: "wide" })}
      ${fleetDiagram(plan, groups, { width: narrowWidth, id: "narrow" })}
      <figcaption>
        <p id="diagram-text">
          ${counted(sites, "site")} below the hub, one mark for each device:
          ${summary || "no devices"}.
        </p>
        <ul class="legend">
          ${shown.map((outcome) => {
            const number = formatNumber(counts.get(outcome) ?? 0);
            return html`<li>${outcomeMark(outcome)} ${outcomeWords[outcome]} (${number})</li>`;
          })}
        </ul>
      </figcaption>
    </figure>
    <details>
      <summary>The diagram as a table</summary>
      <div class="inside">${diagramTable(groups)}</div>
    </details>`;
  return { id: "fleet", title: "The fleet", content };
}

function diagramTable(groups: readonly OutcomeGroup[]): Markup {
  const rows = groups.map((group) => {
    const counts = countOutcomes([group]);
    const changes = outcomes
      .filter((outcome) => outcome !== "unchanged" && counts.has(outcome))
      .map((outcome) => `${counts.get(outcome)} ${outcomeWords[outcome]}`);
    return html`<tr role="row">
      <th role="rowheader" scope="row">${group.site}</th>
      <td role="cell" data-head="Ring">${group.ring}</td>
      <td role="cell" class="number" data-head="Devices">${group.devices.length}</td>
      <td role="cell">${changes.join(", ") || "no changes"}</td>
    </tr>`;
  });
  return html`<table role="table" class="stacked">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Site</th>
        <th role="columnheader" scope="col">Ring</th>
        <th role="columnheader" scope="col" class="number">Devices</th>
        <th role="columnheader" scope="col">What happens</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows}
    </tbody>
  </table>`;
}
