import { expect, test } from "vitest";
import { z } from "zod";
import { addonOptions, hasAddon, type AddonDeclaration } from "../../../fleet/model/addons.ts";
import { resolvedAddons } from "../../../fleet/resolve/resolved-addons.ts";

const chart = { name: "logs", repository: "https://charts.harbor.example", version: "1.0.0" };
const options = z.strictObject({
  enabled: z.boolean().default(true),
  days: z.int().default(7),
});
const logs = { name: "logs", description: "Logs.", options, chart };
const reader = { ...logs, name: "reader", needs: ["logs"] };
const always = { ...logs, name: "always", options: z.strictObject({ days: z.int().default(1) }) };
const declarations: readonly AddonDeclaration[] = [logs, reader, always];

test("every add-on has its options with all defaults, whether it is written or not", () => {
  const addons = resolvedAddons(declarations, { logs: { enabled: true, days: 30 } });
  expect(addonOptions({ addons }, logs)).toEqual({ enabled: true, days: 30 });
  expect(addonOptions({ addons }, reader)).toEqual({ enabled: true, days: 7 });
  expect(addonOptions({ addons }, always)?.days).toBe(1);
});

test("an add-on that is switched off takes along those that need it", () => {
  const addons = resolvedAddons(declarations, { logs: { enabled: false, days: 7 } });
  expect([...addons]).toEqual([
    ["logs", null],
    ["reader", null],
    ["always", { days: 1 }],
  ]);
  expect(hasAddon({ platform: { addons } }, "reader")).toBe(false);
  expect(hasAddon({ platform: { addons } }, "always")).toBe(true);
  expect(hasAddon({ platform: null }, "always")).toBe(false);
});

test("an add-on is off, too, if what it needs is off because of a third one", () => {
  const writer = { ...logs, name: "writer", needs: ["reader"] };
  const all = [writer, ...declarations];
  const off = resolvedAddons(all, { logs: { enabled: false, days: 7 } });
  expect(off.get("writer")).toBeNull();
  expect(resolvedAddons(all, {}).get("writer")).not.toBeNull();
});

test("an add-on that is not declared is an error, and not off", () => {
  const addons = resolvedAddons(declarations, {});
  expect(() => hasAddon({ platform: { addons } }, "log")).toThrow(
    "this fleet was loaded without the declaration of the add-on log",
  );
  expect(() => resolvedAddons([reader], {})).toThrow("an add-on needs logs, which is not declared");
});
