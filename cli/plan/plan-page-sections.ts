/** The sections of the page, each with one part of a plan. */
import { staleText } from "../project/site-record.ts";
import { html, type Markup } from "./markup.ts";
import { imageStates, verbs } from "./plan.ts";
import type { FieldChange, HubChange, ObjectChange, Plan, RolloutChange, Verb } from "./plan.ts";
import {
  actionWords,
  changeWords,
  counted,
  deviceGroups,
  formatNumber,
  hubKeysWords,
  imageMeaning,
  imageWords,
  leftWords,
  lineChanges,
  objectName,
  peersWords,
  rangesOf,
  rolloutName,
  refusedWords,
  staysWords,
} from "./wording.ts";
import type { DeviceGroup } from "./wording.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

/** Longer tables are closed at first. */
const openRowsMax = 30;

export function deviceSection({ devices, summary }: Plan): Section {
  const groups = deviceGroups(devices);
  const { restart, workload, unchanged } = summary.devices;
  const kept = restart + workload + unchanged;
  const content = html`<p>
      ${counted(kept, "device")} ${kept === 1 ? "keeps its" : "keep their"} settings.
    </p>
    ${verbs.map((verb) => {
      const own = groups.filter(({ change }) => change === verb);
      if (own.length === 0) return "";
      const number = counted(devices.filter(({ change }) => change === verb).length, "device");
      return folded(html`${badge(verb)} ${number}`, deviceTable(own), own.length <= openRowsMax);
    })}`;
  return { id: "devices", title: "Devices", content };
}

function deviceTable(groups: readonly DeviceGroup[]): Markup {
  const rows = groups.map(({ devices, place, words, image }) => {
    const names = rangesOf(devices.map(({ device }) => device)).join(", ");
    const number = devices.length > 1 ? html` (${devices.length})` : "";
    const state = image === "reinstall" ? html`<strong>${imageWords[image]}</strong>` : "";
    return html`<tr role="row">
      <th role="rowheader" scope="row">${names}${number}</th>
      <td role="cell" data-head="Site, ring">${place}</td>
      <td role="cell">${list(words)}</td>
      <td role="cell">${state || (image === null ? "" : imageWords[image])}</td>
    </tr>`;
  });
  return table(["Device", "Site, ring", "What changes", "Image"], rows, "devices");
}

export function restartSection({ restarts }: Plan): Section {
  const content =
    restarts.length === 0
      ? html`<p>K3s restarts nowhere.</p>`
      : html`<p>Inside the maintenance windows of their sites.</p>
          ${restarts.map(({ before, after, devices }) => {
            return html`<h3>${before} → ${after} (${formatNumber(devices.length)})</h3>
              <p>${rangesOf(devices).join(", ")}</p>`;
          })}`;
  return { id: "restarts", title: "K3s restarts", content };
}

export function rolloutSection({ rollouts }: Plan): Section {
  const content =
    rollouts.length === 0
      ? html`<p>No workload changes.</p>`
      : html`<p>What changes in each rollout, and how many devices are affected.</p>
          ${rollouts.map((rollout) => rolloutDetails(rollout, rollouts.length <= openRowsMax))}`;
  return { id: "workloads", title: "Workloads on devices", content };
}

function rolloutDetails(rollout: RolloutChange, isOpen: boolean): Markup {
  const { change, devices, objects } = rollout;
  const names = rangesOf(devices).join(", ");
  const left = leftWords(rollout);
  const number = html`<span class="faint">${counted(devices.length, "device")}</span>`;
  return folded(
    html`${badge(change)} ${rolloutName(rollout)} ${number}`,
    html`${left === undefined ? "" : html`<p>${left}</p>`} ${objectTables(objects, change)}
      <p class="faint">Devices: ${names === "" ? "none" : names}</p>`,
    isOpen,
  );
}

export function hubSection({ hub, hubKeys, hubSize }: Plan): Section {
  const content = html`${
    hub.length === 0
      ? html`<p>No changes on the hub.</p>`
      : hub.map((part) => hubDetails(part, hub.length <= openRowsMax))
  }
  ${
    hubKeys === undefined
      ? ""
      : html`<h3>Keys: generation ${hubKeys.before} → ${hubKeys.after}</h3>
          ${list(hubKeysWords(hubKeys))}`
  }
  ${
    hubSize.length === 0
      ? ""
      : html`<h3>Size</h3>
          ${list(hubSize)}`
  }`;
  return { id: "hub", title: "Hub", content };
}

function hubDetails(part: HubChange, isOpen: boolean): Markup {
  const { name, change, chart, values, objects, peers } = part;
  const words = peersWords(part);
  const summary = [
    ...(chart === null ? [] : [`chart ${changeWords(chart)}`]),
    ...(values.length > 0 ? [counted(values.length, "value")] : []),
    ...(words === undefined ? [] : [words]),
  ].join(", ");
  const lists =
    peers === null
      ? ""
      : verbs
          .filter((verb) => peers[verb].length > 0)
          .map((verb) => html`<p>Peers ${verb}: ${rangesOf(peers[verb]).join(", ")}</p>`);
  return folded(
    html`${badge(change)} ${name} <span class="faint">${summary}</span>`,
    html`${chart === null ? "" : html`<p>Version of the chart: ${changeWords(chart)}</p>`}
    ${values.length === 0 ? "" : fieldTable("Values of the chart", values)}
    ${objectTables(objects, change)} ${lists}`,
    isOpen,
  );
}

export function imageSection({ devices, summary, staleMedia = [] }: Plan): Section {
  const states = imageStates.filter((state) => state !== "same" && summary.images[state] > 0);
  const content = html`${states.map((state) => {
      const names = devices.filter(({ image }) => image === state).map(({ device }) => device);
      return html`<h3>${imageWords[state]} (${formatNumber(names.length)})</h3>
        <p class="${state === "reinstall" ? "loud" : ""}">${imageMeaning(state)}</p>
        <p>${rangesOf(names).join(", ")}</p>`;
    })}
    <p>
      ${counted(summary.images.same, "image")} ${summary.images.same === 1 ? "does" : "do"} not
      change.
    </p>
    ${staleMedia.map((medium) => html`<p>${staleText(medium)}</p>`)}`;
  return { id: "images", title: "Images", content };
}

export function terraformSection({ terraform }: Plan): Section {
  const content = html`${terraform.map(({ file, resources, outputs }) => {
    const rows = resources.map(({ address, action, attributes }) => {
      const isLoud = action === "replace" || action === "delete";
      const word = actionWords[action];
      return html`<tr role="row">
        <th role="rowheader" scope="row"><code>${address}</code></th>
        <td role="cell">
          ${isLoud ? html`<strong class="loud">${word.toUpperCase()}</strong>` : word}
        </td>
        <td role="cell"><code>${attributes.join(", ")}</code></td>
      </tr>`;
    });
    return html`<h3>${file}</h3>
      ${resources.length === 0 ? html`<p>No resource changes.</p>` : ""}
      ${rows.length === 0 ? "" : table(["Resource", "What happens", "Because of"], rows)}
      ${outputs.length === 0 ? "" : html`<p>Outputs that change: ${outputs.join(", ")}</p>`}`;
  })}`;
  return { id: "terraform", title: "Terraform", content };
}

/** Added and removed objects as a list; for changed objects, their fields. */
function objectTables(objects: readonly ObjectChange[], whole: Verb): Markup {
  const changed = objects.filter(({ fields }) => fields.length > 0);
  const others = objects
    .filter(({ fields }) => fields.length === 0)
    .map((object) => {
      const name = `${objectName(object)}${staysWords(object)}`;
      return object.change === whole ? name : `${name}, ${object.change}`;
    });
  return html`${changed.map((object) => changedObject(object))}
  ${others.length === 0 ? "" : list(others)}`;
}

function changedObject(object: ObjectChange): Markup {
  const refused = refusedWords(object);
  return html`${fieldTable(objectName(object), object.fields)}
  ${refused === undefined ? "" : html`<p><strong>${refused}</strong></p>`}`;
}

function fieldTable(caption: string, fields: readonly FieldChange[]): Markup {
  const rows = fields.map((field) => {
    return html`<tr role="row">
      <td role="cell"><code>${field.path}</code></td>
      <td role="cell">${fieldWords(field)}</td>
    </tr>`;
  });
  return html`<h3>${caption}</h3>
    ${table(["Field", "Change"], rows, "fields")}`;
}

/** Lines of a text that are shown. */
const linesMax = 200;

function fieldWords(field: FieldChange): Markup {
  const { before, after, secret } = field;
  const words = html`<code>${changeWords(field)}</code>`;
  const isText = [before, after].some((value) => typeof value === "string" && /\n./.test(value));
  if (secret || !isText) return words;
  const [old, next] = [before, after].map((value) => (value ? String(value).split("\n") : []));
  const { added, removed } = lineChanges(old ?? [], next ?? []);
  const lines = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  return html`${words}${list(lines.slice(0, linesMax), "code")}`;
}

function table(heads: readonly string[], rows: readonly Markup[], kind = ""): Markup {
  return html`<table role="table" class="stacked ${kind}">
    <thead role="rowgroup">
      <tr role="row">
        ${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows}
    </tbody>
  </table>`;
}

function list(lines: readonly string[], kind: "code" | "text" = "text"): Markup {
  if (lines.length === 0) return html``;
  return html`<ul class="lines">
    ${lines.map((line) => html`<li>${kind === "code" ? html`<code>${line}</code>` : line}</li>`)}
  </ul>`;
}

/** Easier to distinguish on a page than a tilde and a hyphen. */
const signs: Readonly<Record<Verb, string>> = { added: "+", changed: "Δ", removed: "×" };

function badge(verb: Verb): Markup {
  return html`<span class="badge ${verb}"
    ><span aria-hidden="true">${signs[verb]} </span>${verb}</span
  >`;
}

function folded(summary: Markup, content: Markup, isOpen: boolean): Markup {
  const open = isOpen ? html` open` : "";
  return html`<details${open}>
    <summary>${summary}</summary>
    <div class="inside">${content}</div>
  </details>`;
}
