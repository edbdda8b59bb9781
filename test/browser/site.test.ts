/**
 * The site of the documents (`make docs`) in a real Chromium, as it was built into dist/docs.
 * FLOTILLA_SCREENSHOTS names a folder for pictures of it, for the eye.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { peerPath } from "../peers/peers.ts";
import { axeFile, peerName, runAxe, startBrowser, type Browser, type Finding } from "./browser.ts";

const root = join(import.meta.dirname, "..", "..");
const site = join(root, "dist", "docs");

/** Why the site cannot be looked at. */
function missing(): string {
  if (!peerPath(peerName)) return " (SKIPPED: needs test/peers/build.sh chromium)";
  const index = join(site, "index.html");
  if (!existsSync(index)) return " (SKIPPED: needs make docs)";
  const built = statSync(index).mtimeMs;
  const sources = execFileSync("git", ["ls-files", "*.md", "docs/site", "docs/images"], {
    cwd: root,
    encoding: "utf8",
  });
  const isNewer = (file: string) =>
    existsSync(join(root, file)) && statSync(join(root, file)).mtimeMs > built;
  const newer = sources.trim().split("\n").find(isNewer);
  return newer === undefined ? "" : ` (SKIPPED: ${newer} is newer than dist/docs: make docs)`;
}

const reason = missing();
const pages = [
  "index.html",
  "docs/reference/measured.html",
  "docs/explanation/enrolment.html",
  "docs/how-to/set-up-a-network.html",
];
const views = [360, 1440].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
);
const cases = [
  ...pages.flatMap((name) => views.map((view) => ({ name, ...view }))),
  // axe takes long for the widest one.
  { name: "docs/reference/fleet.html", width: 360, scheme: "dark" } as const,
];

describe.skipIf(reason)(`the site of the documents${reason}`, () => {
  let browser: Browser;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer(serveSite);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(cases)(
    "$name, $width px, $scheme: fits, asks nobody else, and axe finds nothing",
    async ({ name, ...view }) => {
      const { page, requests, messages } = await browser.open(`${url}/${name}`, view);
      await page.waitForFunction(isReady);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(view.width);
      expect(requests.filter((each) => !each.startsWith(url) && !each.startsWith("data:"))).toEqual(
        [],
      );
      expect(messages).toEqual([]);
      await page.evaluate(readFileSync(axeFile(), "utf8"));
      expect(await page.evaluate<readonly Finding[]>(runAxe)).toEqual([]);
      const pictures = process.env["FLOTILLA_SCREENSHOTS"];
      if (pictures !== undefined) {
        const file = `site-${name.replaceAll("/", "-")}-${view.width}-${view.scheme}.png`;
        await page.screenshot({ path: join(pictures, file), fullPage: true });
      }
      await page.close();
    },
  );

  test.each(views)("$width px, $scheme: the keyboard's place can be seen", async (view) => {
    const { page } = await browser.open(`${url}/docs/how-to/choose-a-disk.html`, view);
    await page.waitForFunction(isReady);
    const places: Place[] = [];
    for (let count = 0; count < 20; count += 1) {
      await page.keyboard.press("Tab");
      const next = await page.evaluate<Place | null>(place);
      if (next === null) break;
      places.push(next);
    }
    expect(places.length).toBeGreaterThan(12);
    expect(places[0]?.name).toBe("Skip to content");
    expect(places.map(({ name }) => name)).toContain("Search");
    expect(places.filter(({ outlinePixels, isInView }) => outlinePixels < 2 || !isInView)).toEqual(
      [],
    );
    await page.close();
  });

  test("the first link skips to the content", async () => {
    const view = { width: 1440, scheme: "light" } as const;
    const { page } = await browser.open(`${url}/docs/how-to/choose-a-disk.html`, view);
    await page.waitForFunction(isReady);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(`document.activeElement.closest("#VPContent") !== null`)).toBe(true);
    expect(await page.evaluate(`document.activeElement.closest(".VPSidebar")`)).toBe(null);
    await page.close();
  });

  test.each([
    ["rollback", "/docs/how-to/promote-a-version.html"],
    ["disk", "/docs/how-to/choose-a-disk.html"],
    ["proxy", "/docs/how-to/use-a-proxy.html"],
    ["revoke", "/docs/how-to/lost-stick.html"],
    ["drift", "/docs/explanation/drift.html"],
    ["outage", "/docs/explanation/outages.html"],
    ["remove a workload", "/docs/how-to/add-a-workload.html"],
  ])("the search for %s finds %s, by the keyboard alone", async (words, wanted) => {
    const view = { width: 360, scheme: "light" } as const;
    const { page } = await browser.open(url, view);
    await page.waitForFunction(isReady);
    await page.keyboard.press("Control+k");
    await page.waitForFunction(`document.activeElement.type === "search"`);
    await page.keyboard.type(words);
    await page.waitForFunction(`document.querySelector(".VPLocalSearchBox .result") !== null`);
    const found = await page.evaluate<readonly string[]>(results);
    expect(found.slice(0, 6)).toContain(wanted);
    await page.keyboard.press("Enter");
    await page.waitForFunction(`location.pathname === ${JSON.stringify(found[0])}`);
    await page.close();
  });

  test("axe finds nothing in the search", async () => {
    const { page } = await browser.open(url, { width: 360, scheme: "dark" });
    await page.waitForFunction(isReady);
    await page.keyboard.press("Control+k");
    await page.waitForFunction(`document.activeElement.type === "search"`);
    await page.keyboard.type("disk");
    await page.waitForFunction(`document.querySelector(".VPLocalSearchBox .result") !== null`);
    await page.evaluate(readFileSync(axeFile(), "utf8"));
    expect(await page.evaluate<readonly Finding[]>(runAxe)).toEqual([]);
    await page.close();
  });
});

interface Place {
  readonly name: string;
  readonly outlinePixels: number;
  readonly isInView: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".woff2": "font/woff2",
};

const serveSite: NonNullable<Parameters<typeof createServer>[1]> = (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://site.example");
  const file = join(site, pathname === "/" ? "index.html" : pathname);
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  response.end(readFileSync(file));
};

// What runs inside the page.

/** Its scripts have run: the search can be opened. */
const isReady = `document.readyState === "complete" && document.querySelector("#app")?.__vue_app__ !== undefined`;

const place = `(() => {
  const element = document.activeElement;
  // After the last one comes the browser itself.
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return {
    name: element.getAttribute("aria-label") ?? element.textContent.trim(),
    outlinePixels: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isInView: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight,
  };
})()`;

const results = `[...document.querySelectorAll(".VPLocalSearchBox .result")]
  .map((each) => new URL(each.href).pathname)`;
