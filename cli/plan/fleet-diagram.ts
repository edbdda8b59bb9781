/**
 * The fleet as a diagram: the hub, below it the sites, in each site its rings and a mark for every
 * device. The shape and the colour of the mark show what happens to the device.
 */
import type { Outcome, Plan } from "./plan.ts";
import { outcomeWords, type OutcomeGroup } from "./outcomes.ts";
import { html, type Markup } from "./markup.ts";
import { counted, formatNumber } from "./wording.ts";

/** All lengths in CSS pixels. The diagram is not scaled, so that text stays legible. */
const hubHeight = 56;
const gap = 16;
/** Between the line from the hub and the site. */
const stem = 14;
const cardWidthMin = 250;
const padding = 12;
const markPitch = 15;
const titleHeight = 22;
const ringTitleHeight = 18;
const letterWidth = 7.4;

/** In a larger fleet unchanged devices are shown as a number, not as marks. */
const marksMax = 3_000;

/** In a square of 12 around the origin. */
const shapes: Readonly<Record<Outcome, Markup>> = {
  removed: html`<path d="M-5-5 5 5M5-5-5 5" class="stroke" />`,
  added: html`<path d="M0-6V6M-6 0H6" class="stroke" />`,
  reinstall: html`<path d="M-6-6H6V6H-6Z" /><path d="M0-3.5V1M0 2.5V4.2" class="cut" />`,
  changed: html`<path d="M0-6.5 6.5 0 0 6.5-6.5 0Z" />`,
  restart: html`<path d="M-3-6H3L6 0 3 6H-3L-6 0Z" /><path d="M0-3.5V1" class="cut" />`,
  workload: html`<path d="M0-6 6 5H-6Z" />`,
  unchanged: html`<circle r="2.5" />`,
};

/** The mark alone, for the legend. */
export function outcomeMark(outcome: Outcome): Markup {
  return html`<svg class="mark ${outcome}" viewBox="-7 -7 14 14" aria-hidden="true">
    ${shapes[outcome]}
  </svg>`;
}

/** The symbols that both diagrams of a page use. */
export function markSymbols(): Markup {
  return html`<svg class="symbols" aria-hidden="true" focusable="false">
    <defs>
      ${Object.entries(shapes).map(([outcome, shape]) => html`<g id="mark-${outcome}">${shape}</g>`)}
    </defs>
  </svg>`;
}

interface Block {
  readonly markup: Markup;
  readonly height: number;
}

/** @param width in CSS pixels; @param id of this diagram in the page */
export function fleetDiagram(
  plan: Plan,
  groups: readonly OutcomeGroup[],
  { width, id }: { readonly width: number; readonly id: string },
): Markup {
  const columns = Math.max(1, Math.floor((width + gap) / (cardWidthMin + stem + gap)));
  const cardWidth = Math.floor((width - gap * (columns - 1)) / columns) - stem;
  const total = groups.reduce((sum, { devices }) => sum + devices.length, 0);
  const sites = [...new Set(groups.map(({ site }) => site))].map((site) => {
    const own = groups.filter((group) => group.site === site);
    return siteBlock(site, own, cardWidth, total > marksMax);
  });
  const rows: Block[][] = [];
  for (let start = 0; start < sites.length; start += columns) {
    rows.push(sites.slice(start, start + columns));
  }
  let top = hubHeight + gap;
  const placed: Markup[] = [];
  const ends: number[] = [];
  for (const row of rows) {
    const height = Math.max(...row.map((block) => block.height));
    for (const [column, { markup }] of row.entries()) {
      const x = column * (cardWidth + stem + gap) + stem;
      placed.push(
        html`<g transform="translate(${x} ${top})">
          <path class="line" d="M${1 - stem} 16.5H0" />
          <rect width="${cardWidth - 1}" height="${height}" x=".5" y=".5" rx="6" />
          ${markup}
        </g>`,
      );
      ends[column] = top + 17;
    }
    top += height + gap;
  }
  const lines = ends.map((end, column) => {
    return html`<path
      class="line"
      d="M${column * (cardWidth + stem + gap) + 1} ${hubHeight - 8}V${end}"
    />`;
  });
  return html`<svg
    class="diagram ${id}"
    role="img"
    aria-labelledby="${id}-title"
    aria-describedby="diagram-text"
    width="${width}"
    height="${top}"
    viewBox="0 0 ${width} ${top}"
  >
    <title id="${id}-title">The fleet ${plan.fleet}: its hub, its sites and their devices</title>
    ${lines} ${hubBlock(plan, width)} ${placed}
  </svg>`;
}

function hubBlock({ domain, hub }: Plan, width: number): Markup {
  const names = hub.map(({ name }) => name).join(", ");
  const change = hub.length === 0 ? "no changes" : `changes: ${names}`;
  return html`<g class="hub ${hub.length === 0 ? "" : "changes"}">
    <rect width="${width - 1}" height="${hubHeight}" x=".5" y=".5" rx="8" />
    <text x="${padding}" y="23" class="name">${fitted(`Hub ${domain}`, width)}</text>
    <text x="${padding}" y="43">${fitted(change, width)}</text>
  </g>`;
}

function siteBlock(
  site: string,
  groups: readonly OutcomeGroup[],
  width: number,
  isCounted: boolean,
): Block {
  let y = padding + titleHeight;
  const rings = groups.map((group) => {
    const { markup, height } = ringBlock(group, width - 2 * padding, isCounted);
    const placed = html`<g transform="translate(${padding} ${y})">${markup}</g>`;
    y += height;
    return placed;
  });
  const height = y + padding - 4;
  const devices = groups.reduce((sum, group) => sum + group.devices.length, 0);
  const count = counted(devices, "device");
  return {
    height,
    markup: html`<text class="name" x="${padding}" y="24">
        ${fitted(site, width - count.length * letterWidth - padding)}
      </text>
      <text class="count" x="${width - padding}" y="24">${count}</text>
      ${rings}`,
  };
}

function ringBlock({ ring, devices }: OutcomeGroup, width: number, isCounted: boolean): Block {
  const drawn = devices.filter(({ outcome }) => !isCounted || outcome !== "unchanged");
  const rest = devices.length - drawn.length;
  const columns = Math.max(1, Math.floor(width / markPitch));
  const marks = drawn.map(({ name, outcome }, index) => {
    const x = (index % columns) * markPitch + 7;
    const y = Math.floor(index / columns) * markPitch + ringTitleHeight + 8;
    const use = html`<use href="#mark-${outcome}" class="${outcome}" x="${x}" y="${y}" />`;
    if (outcome === "unchanged") return use;
    return html`<g><title>${name}: ${outcomeWords[outcome]}</title>${use}</g>`;
  });
  const label = rest > 0 ? `${ring}, ${formatNumber(rest)} unchanged` : ring;
  return {
    markup: html`<text class="ring" y="12">${fitted(label, width + padding)}</text>${marks}`,
    height: ringTitleHeight + Math.ceil(drawn.length / columns) * markPitch + 6,
  };
}

/** The text, cut to a width in pixels. */
function fitted(text: string, width: number): string {
  const letters = Math.floor((width - 2 * padding) / letterWidth);
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}
