/** A real Chromium without a window, and what drives it, from the peer of that name. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { peerPath } from "../peers/peers.ts";

export const peerName = "chromium-153.0.0";

/** What the tests use of playwright-core's Page: it is in the peer, and has no types here. */
export interface Page {
  evaluate<Result>(work: string): Promise<Result>;
  screenshot(options: { readonly path: string; readonly fullPage: boolean }): Promise<unknown>;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  /** Waits until an expression is true in the page. */
  waitForFunction(expression: string): Promise<unknown>;
  close(): Promise<void>;
  context(): { newCDPSession(page: Page): Promise<Protocol> };
}

/** Chromium's own protocol. */
export interface Protocol {
  send(method: string): Promise<unknown>;
}

export interface View {
  readonly width: number;
  readonly scheme: "light" | "dark";
  /** @default screen */
  readonly media?: "screen" | "print";
}

export interface Opened {
  readonly page: Page;
  /** URLs that the page asked for, its own among them. */
  readonly requests: readonly string[];
  /** What stands in the console, and errors of scripts. */
  readonly messages: readonly string[];
}

export interface Browser {
  /** @param page a file, or a URL of a server of the test */
  open(page: string, view: View): Promise<Opened>;
  close(): Promise<void>;
}

/** What axe-core found on a page. */
export interface Finding {
  readonly id: string;
  readonly nodes: readonly string[];
}

/** Runs in the page, after axe-core: what it found. */
export const runAxe = `axe.run(document, { resultTypes: ["violations", "incomplete"] })
  .then(({ violations, incomplete }) => [
    ...violations,
    ...incomplete.filter(({ id }) => id !== "color-contrast"),
  ].map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 5).map(({ html }) => html) })))`;

/** The text of axe-core: it adds `axe` to a page's window. */
export function axeFile(): string {
  return join(folder(), "node_modules", "axe-core", "axe.min.js");
}

function folder(): string {
  const path = peerPath(peerName);
  if (path === undefined) throw new Error(`there is no ${peerName}`);
  return path;
}

export async function startBrowser(): Promise<Browser> {
  const require = createRequire(join(folder(), "package.json"));
  const { chromium } = require("playwright-core");
  const libraries = [join(folder(), "lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean);
  const browser = await chromium.launch({
    executablePath: join(folder(), "chromium"),
    args: ["--disable-gpu"],
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") },
  });
  return {
    async open(target, { width, scheme, media = "screen" }) {
      const viewport = { width, height: 900 };
      const context = await browser.newContext({ viewport, colorScheme: scheme });
      const page = await context.newPage();
      await page.emulateMedia({ media, colorScheme: scheme });
      const requests: string[] = [];
      const messages: string[] = [];
      page.on("request", (request: { url(): string }) => requests.push(request.url()));
      page.on("console", (message: { text(): string }) => messages.push(message.text()));
      page.on("pageerror", (error: Error) => messages.push(error.message));
      await page.goto(target.startsWith("http://") ? target : pathToFileURL(target).href);
      return { page, requests, messages };
    },
    close: () => browser.close(),
  };
}
