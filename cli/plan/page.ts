/**
 * A plan as one page for the people who decide on it: no request to anywhere, no script, everything
 * by keyboard, and nothing that only a colour says.
 */
import { createHash } from "node:crypto";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { countFates, fateGroups, fates, fateWords, type FateGroup } from "./fates.ts";
import { html, Markup } from "./markup.ts";
import type { Plan } from "./model.ts";
import { deviceSection, hubSection, imageSection } from "./page-sections.ts";
import { rolloutSection, terraformSection, type Section } from "./page-sections.ts";
import { fateMark, markSymbols, picture } from "./picture.ts";
import { pageStyle } from "./style.ts";
import { counted, placeWords, verdict } from "./words.ts";

/** Of the drawings, in CSS pixels: inside of a window of 1,192 and more, and of 360. */
const wideWidth = 1160;
const narrowWidth = 328;

/** The text of an HTML document; the same for the same plan, on every machine. */
export function planPage(plan: Plan, fleet: Fleet): string {
  const groups = fateGroups(plan, fleet);
  const sections: readonly Section[] = [
    pictureSection(plan, groups),
    deviceSection(plan),
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
          <p class="verdict">${verdict(plan)}</p>
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
  atPath(file, () => writeFileAtomically(file, planPage(plan, fleet)));
}

/** Written without a line break around it: the policy has the hash of exactly this text. */
const styleElement = new Markup(`<style>${pageStyle}</style>`);
const styleHash = createHash("sha256").update(pageStyle).digest("base64");
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** What nobody may miss. */
function warnings({ summary: { images, terraform } }: Plan): readonly string[] {
  const lost = terraform.replace + terraform.delete;
  return [
    ...(images.reinstall > 0
      ? [`The hub loses ${counted(images.reinstall, "device")} until installed again.`]
      : []),
    ...(lost > 0 ? [`Terraform replaces or destroys ${counted(lost, "resource")}.`] : []),
  ];
}

function tiles({ summary }: Plan): Markup {
  const { devices, images } = summary;
  const all: readonly (readonly [string, number, string])[] = [
    ["Devices added", devices.added, ""],
    ["Devices changed", devices.changed, ""],
    ["Devices removed", devices.removed, ""],
    ["Run something else", summary.affectedDevices, counted(summary.rollouts, "rollout")],
    ["Parts of the hub", summary.hub, "that change"],
    [
      "Images to make",
      images.new + images.reinstall + images.changed,
      images.reinstall > 0 ? `${images.reinstall} must be installed again` : "",
    ],
  ];
  return html`<dl class="tiles">
    ${all.map(([name, number, more]) => {
      const small = more === "" ? "" : html` <small>${more}</small>`;
      return html`<div>
        <dt>${name}</dt>
        <dd>${number.toLocaleString("en")}${small}</dd>
      </div>`;
    })}
  </dl>`;
}

function pictureSection(plan: Plan, groups: readonly FateGroup[]): Section {
  const counts = countFates(groups);
  const shown = fates.filter((fate) => (counts.get(fate) ?? 0) > 0);
  const told = shown
    .map((fate) => `${counted(counts.get(fate) ?? 0, "device")} ${fateWords[fate]}`)
    .join(", ");
  const sites = new Set(groups.map(({ site }) => site)).size;
  const content = html`<figure>
      ${markSymbols()} ${picture(plan, groups, { width: wideWidth, id: "wide" })}
      ${picture(plan, groups, { width: narrowWidth, id: "narrow" })}
      <figcaption>
        <p id="picture-text">
          ${counted(sites, "site")} below the hub, a mark for each device: ${told || "no devices"}.
        </p>
        <ul class="legend">
          ${shown.map((fate) => {
            const number = (counts.get(fate) ?? 0).toLocaleString("en");
            return html`<li>${fateMark(fate)} ${fateWords[fate]} (${number})</li>`;
          })}
        </ul>
      </figcaption>
    </figure>
    <details>
      <summary>The picture as a table</summary>
      <div class="inside">${pictureTable(groups)}</div>
    </details>`;
  return { id: "fleet", title: "The fleet", content };
}

function pictureTable(groups: readonly FateGroup[]): Markup {
  const rows = groups.map((group) => {
    const counts = countFates([group]);
    const changes = fates
      .filter((fate) => fate !== "unchanged" && counts.has(fate))
      .map((fate) => `${counts.get(fate)} ${fateWords[fate]}`);
    return html`<tr role="row">
      <th role="rowheader" scope="row">${group.site}</th>
      <td role="cell" data-head="Ring">${group.ring}</td>
      <td role="cell" class="number" data-head="Devices">${group.devices.length}</td>
      <td role="cell">${changes.join(", ") || "nothing changes"}</td>
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
