/**
 * The page of `flotilla plan --html` in a real Chromium. FLOTILLA_SCREENSHOTS names a folder for
 * pictures of it, for the eye.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planPage } from "../../cli/plan/plan-page.ts";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { peerPath } from "../peers/peers.ts";
import {
  axeFile,
  peerName,
  runAxe,
  startBrowser,
  type Browser,
  type Finding,
  type Page,
} from "./browser.ts";
import { largePlan, smallPlan, type Planned } from "./plans.ts";

const reason = peerPath(peerName) ? "" : ` (SKIPPED: needs test/peers/build.sh chromium)`;
const pages = ["small", "large"] as const;
const views = [360, 1440].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
);
const cases = pages.flatMap((name) => views.map((view) => ({ name, ...view })));

describe.skipIf(reason)(`the page of a plan${reason}`, () => {
  let browser: Browser;
  let folder: string;
  const planned = new Map<string, Planned>();
  const fileOf = (name: string) => join(folder, `${name}.html`);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "flotilla-browser-"));
    planned.set("small", smallPlan()).set("large", largePlan(1_000));
    for (const [name, { plan, fleet }] of planned) {
      writeFileAtomically(fileOf(name), planPage(plan, fleet));
    }
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(cases)(
    "$name, $width px, $scheme: fits, and asks nobody",
    async ({ name, ...view }) => {
      const { page, requests, messages } = await browser.open(fileOf(name), view);
      await page.evaluate(openAll);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(view.width);
      expect(await page.evaluate(cutOff)).toEqual([]);
      expect(requests).toEqual([pathToFileURL(fileOf(name)).href]);
      expect(messages).toEqual([]);
      const pictures = process.env["FLOTILLA_SCREENSHOTS"];
      if (pictures !== undefined) {
        const path = join(pictures, `${name}-${view.width}-${view.scheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
      await page.close();
    },
  );

  test.each(cases)("$name, $width px, $scheme: axe finds nothing", async ({ name, ...view }) => {
    const { page } = await browser.open(fileOf(name), view);
    await page.evaluate(openAll);
    // The page's own policy forbids scripts in it; this one is the tool's.
    await page.evaluate(readFileSync(axeFile(), "utf8"));
    const found = await page.evaluate<readonly Finding[]>(runAxe);
    expect(found).toEqual([]);
    await page.close();
  });

  test.each(views)("$width px, $scheme: headings in order, one of the first", async (view) => {
    const { page } = await browser.open(fileOf("small"), view);
    await page.evaluate(openAll);
    const levels = await page.evaluate<readonly number[]>(headingLevels);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels[0]).toBe(1);
    const jumps = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1);
    expect(jumps).toEqual([]);
    await page.close();
  });

  test.each(views)("$width px, $scheme: Tab reaches everything, in order", async (view) => {
    const { page } = await browser.open(fileOf("small"), view);
    const wanted = await page.evaluate<readonly string[]>(focusable);
    expect(wanted.length).toBeGreaterThan(8);
    const reached: string[] = [];
    for (let count = 0; count < wanted.length; count += 1) {
      await page.keyboard.press("Tab");
      const { name, outlinePixels } = await page.evaluate<Focus>(focus);
      reached.push(name);
      expect(outlinePixels).toBeGreaterThanOrEqual(2);
    }
    expect(reached).toEqual(wanted);
    await page.close();
  });

  test("what a screen reader reads has names, and the picture its words", async () => {
    const { page } = await browser.open(fileOf("small"), { width: 1440, scheme: "light" });
    const nodes = await accessibilityTree(page);
    const named = nodes.filter(({ role }) =>
      /^(link|button|DisclosureTriangle|image|table)$/.test(role),
    );
    expect(named.filter(({ name, role }) => name === "" && role !== "table")).toEqual([]);
    const pictures = nodes.filter(({ role, name }) => /^image$/.test(role) && /fleet/.test(name));
    expect(pictures).toHaveLength(1);
    expect(pictures[0]?.description).toMatch(/^4 sites below the hub.*1 device to be reinstalled/);
    const heads = nodes.filter(({ role }) => role === "columnheader");
    expect(heads.length).toBeGreaterThan(8);
    await page.close();
  });

  test("tables stay tables where they are stacked", async () => {
    const count = async (width: number) => {
      const { page } = await browser.open(fileOf("small"), { width, scheme: "light" });
      const nodes = await accessibilityTree(page);
      await page.close();
      return ["table", "row", "columnheader", "cell", "rowheader"].map(
        (wanted) => nodes.filter(({ role }) => role === wanted).length,
      );
    };
    expect(await count(360)).toEqual(await count(1440));
  });

  test("on paper everything is open, dark on white, and no wider than the sheet", async () => {
    const view = { width: 720, scheme: "dark", media: "print" } as const;
    const { page } = await browser.open(fileOf("large"), view);
    expect(await page.evaluate(closed)).toEqual([]);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
      "rgb(255, 255, 255)",
    );
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(720);
    await page.close();
  });
});

interface Focus {
  readonly name: string;
  readonly outlinePixels: number;
}

interface AccessibilityNode {
  readonly role: string;
  readonly name: string;
  readonly description: string;
}

async function accessibilityTree(page: Page): Promise<readonly AccessibilityNode[]> {
  const protocol = await page.context().newCDPSession(page);
  type Value = { readonly value?: string } | undefined;
  type Node = { ignored: boolean; role: Value; name: Value; description: Value };
  const { nodes } = (await protocol.send("Accessibility.getFullAXTree")) as { nodes: Node[] };
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, description }) => ({
      role: role?.value ?? "",
      name: name?.value ?? "",
      description: description?.value ?? "",
    }));
}

// What runs inside the page.

const openAll = `document.querySelectorAll("details").forEach((each) => { each.open = true })`;

/** Elements whose contents are wider than they are. */
const cutOff = `[...document.querySelectorAll("main *, header *")]
  .filter((each) => !each.closest("svg, thead, .skip") && each.clientWidth > 0)
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 200))`;

const headingLevels = `[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((each) => each.offsetParent !== null)
  .map((each) => Number(each.tagName[1]))`;

const nameOf = `((each) => each.tagName + " " + each.textContent.trim().replaceAll(/\\s+/g, " "))`;

const focusable = `[...document.querySelectorAll("a[href], summary, button, input")]
  .filter((each) => each.closest("details:not([open]) > div") === null)
  .map(${nameOf})`;

const focus = `(() => {
  const style = getComputedStyle(document.activeElement);
  const outlinePixels = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  return { name: ${nameOf}(document.activeElement), outlinePixels };
})()`;

const closed = `[...document.querySelectorAll("details .inside")]
  .filter((each) => !each.checkVisibility())
  .map((each) => each.textContent.slice(0, 80))`;
