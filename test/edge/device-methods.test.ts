/** What plain JavaScript gives to the methods of a device is refused at the line that does. */
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import { EdgeDevice } from "../../edge/device.ts";
import { bareDevice } from "./devices.ts";
import { download, file, methods, type Values } from "./device-methods.ts";
import { otherTypes } from "./other-types.ts";

const withoutArguments = ["validate", "toConfig", "toButane", "toIgnition"];

test("every public method of a device is in the table", () => {
  const { prototype } = EdgeDevice;
  const all = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== "constructor" && typeof value === "function")
    .map(([name]) => name);
  expect(all.toSorted()).toEqual([...Object.keys(methods), ...withoutArguments].toSorted());
  for (const name of withoutArguments) {
    expect([name, prototype[name as "validate"].length]).toEqual([name, 0]);
  }
  const statics = Object.getOwnPropertyNames(EdgeDevice).filter(
    (name) => !["length", "name", "prototype"].includes(name),
  );
  expect(statics).toEqual(["of"]);
});

function made() {
  const device = bareDevice();
  return { device, part: new Construct(device, "part") };
}

/** Calls a method of a new device; `part` is where the table says it is. */
function call(name: string, given: Values, part?: unknown): EdgeDevice {
  const { device, part: own } = made();
  const place = methods[name]?.part === undefined ? 0 : methods[name].part;
  const all = place === null ? given : given.toSpliced(place, 0, part === undefined ? own : part);
  (device as unknown as Record<string, (...all: Values) => void>)[name]?.(...all);
  return device;
}

/** The mistakes that it reports, one in each line; what is accepted becomes a device. */
function said(name: string, given: Values, part?: unknown): readonly string[] {
  let device: EdgeDevice;
  try {
    device = call(name, given, part);
  } catch (error) {
    expect([name, error]).toEqual([name, expect.objectContaining({ name: "InputError" })]);
    return (error as Error).message.split("\n");
  }
  try {
    expect(device.toButane()).not.toMatch(/undefined|NaN|\[object/);
    device.toIgnition();
  } catch (error) {
    expect((error as Error).message).toMatch(/^store-01 is not valid/);
  }
  return [];
}

const circular: Record<string, unknown> = {};
circular["self"] = circular;

const wrong: Values = [
  ...otherTypes,
  "a\0b",
  [undefined],
  Object.create(null),
  circular,
  new Proxy({}, {}),
];

/** Each place in arguments: `0`, `0.contents`, `0.contents.inline`. */
function placesIn(value: unknown, above: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = [...above, key];
    return [place, ...placesIn(inner, place)];
  });
}

/** A copy with another value at a place. */
function withValue(all: unknown, [key = "", ...rest]: readonly string[], value: unknown): unknown {
  const inner = (all as Record<string, unknown>)[key];
  const changed = rest.length === 0 ? value : withValue(inner, rest, value);
  if (Array.isArray(all)) return all.with(Number(key), changed);
  const { [key]: _, ...others } = all as Record<string, unknown>;
  return changed === undefined ? others : { ...others, [key]: changed };
}

describe.each(Object.entries(methods))("%s", (name, { valid, optional = [], wrong: own, part }) => {
  const owner = part === null ? "store-01" : "store-01/part";

  test("takes valid arguments", () => {
    expect(said(name, valid)).toEqual([]);
    const without = optional
      .toSorted((a, b) => b.length - a.length)
      .filter((place) => name !== "keepData" || place === "0.isKept")
      .reduce((all, place) => withValue(all, place.split("."), undefined), valid as unknown);
    expect(said(name, without as Values)).toEqual([]);
  });

  test.each(own)("refuses %j", (given, message) => {
    const lines = said(name, given);
    expect(lines.join("\n")).toContain(message);
    expect(lines.join("\n")).not.toContain("canary-word");
    for (const line of lines) expect(line).toMatch(new RegExp(`^${owner}: ${name}[.:]`));
  });

  test("takes no value of another type, and names the field", () => {
    for (const place of placesIn(valid)) {
      for (const value of [...wrong, undefined]) {
        const given = withValue(valid, place, value) as Values;
        for (const line of said(name, given)) {
          expect(line).toMatch(new RegExp(`^${owner}: ${name}[.:]`));
          expect(line).toMatch(/\b(Write|Delete|Did you mean|Known keys)\b.*[.?]$/);
        }
      }
    }
  });

  test("misses what is required", () => {
    const required = placesIn(valid).filter(
      (place) =>
        !optional.includes(place.join(".")) &&
        !(Array.isArray(place) && place.length > 1 && /^\d+$/.test(place.at(-1) ?? "")),
    );
    for (const place of required) {
      const lines = said(name, withValue(valid, place, undefined) as Values);
      expect([place, lines.length > 0]).toEqual([place, true]);
    }
  });
});

const withPart = Object.entries(methods).filter(
  ([name, { part }]) => part !== null && name !== "addKernelArguments",
);
test.each(withPart)("%s needs a construct as its part", (name, { valid, part }) => {
  const forgotten = part === undefined ? [valid[0]] : [];
  for (const value of [null, 5, "canary-word", [], {}, circular, ...forgotten]) {
    expect(said(name, valid, value)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^store-01: ${name}: found (nothing|a number|text|a list|a mapping) in place of the part\\. Write the construct that adds this: ${name}\\(this, …\\)\\.$`,
        ),
      ),
    ]);
  }
});

test("a device is found from a construct only", () => {
  for (const value of [undefined, null, 5, "a", {}, Object.create(null)]) {
    expect(() => EdgeDevice.of(value as never)).toThrow(
      /^EdgeDevice\.of: found .* in place of a construct\. Write EdgeDevice\.of\(this\)/,
    );
  }
});

test("an argument of the kernel has one part", () => {
  const { device, part } = made();
  expect(() => device.addKernelArguments(device, part, "a")).toThrow(
    "store-01: addKernelArguments.0: found a value of the class Construct. Write text.",
  );
});

test("what is downloaded is accepted, and so is what Butane has besides", () => {
  const accepted: readonly (readonly [name: string, given: unknown])[] = [
    ["addFile", { ...file, contents: download }],
    ["addFile", { ...file, contents: { source: "data:,a" } }],
    ["addUnit", { name: "till.service", mask: true }],
    ["addUnit", { name: "k3s.service", dropins: [{ name: "a.conf", contents: "" }] }],
    ["addUnit", { name: String.raw`dev-disk-by\x2dlabel-till.mount` }],
    ["addUnit", { name: "-.mount" }],
    ["addUser", { name: "till", shell: "/bin/bash" }],
  ];
  for (const [name, given] of accepted) expect([name, said(name, [given])]).toEqual([name, []]);
});
