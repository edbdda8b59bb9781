/** When Argo CD skips a device and when not, with a clock and registrations of the test's own. */
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { GatewayView } from "../../../../gitops/programs/reconnect/gateways.ts";
import type { Release } from "../../../../gitops/programs/reconnect/registrations.ts";
import { Skipping } from "../../../../gitops/programs/reconnect/skipping.ts";

const silentSeconds = 300;
let now: number;
/** The hub: device → whether its registration has the annotation. */
let skipped: Map<string, boolean>;
let changes: string[];
/** What the hub answers for a device instead. */
let broken: Map<string, Release | Error>;
let lines: string[];
let skipping: Skipping;

beforeEach(() => {
  now = 10_000;
  [skipped, changes, broken, lines] = [new Map(), [], new Map(), []];
  skipping = new Skipping({ silentSeconds, log: (line) => lines.push(line), now: () => now });
});

const registrations = {
  skip: async (name: string) => {
    const answer = broken.get(name);
    if (answer instanceof Error) throw answer;
    changes.push(`skip ${name}`);
    skipped.set(name, true);
  },
  release: async (name: string): Promise<Release> => {
    const answer = broken.get(name);
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    if (skipped.get(name) !== true) return "unchanged";
    changes.push(`release ${name}`);
    skipped.set(name, false);
    return "released";
  },
};

const view = (
  present: readonly string[],
  silent: Readonly<Record<string, number>> = {},
  failingSince?: number,
): GatewayView => ({
  present: new Map(present.map((name) => [name, "key"])),
  silentSince: new Map(Object.entries(silent)),
  failingSince,
});

function adjust(...views: readonly GatewayView[]) {
  const named = new Map(views.map((each, index) => [`gateway-${index + 1}`, each]));
  return skipping.adjust(named, registrations, async () => new Set(skipped.keys()));
}

test("a device is skipped when it has been silent for five minutes, once", async () => {
  const silent = { till: now };
  for (const end = now + 900; now < end; now += 2) await adjust(view(["depot"], silent));
  expect(changes).toEqual(["skip till"]);
  now = 10_298;
  skipping.forget();
  await adjust(view([], silent));
  expect(changes).toHaveLength(1);
});

test("a device that shakes hands is released in the same look, and named", async () => {
  skipped = new Map([["till", true]]);
  const { released, failure } = await adjust(view(["till", "depot"]));
  expect([released, failure]).toEqual([["till"], undefined]);
  expect(changes).toEqual(["release till"]);
  expect(skipping.isDue(new Map([["gateway-1", view(["till", "depot"])]]))).toBe(false);
});

test("a device that another gateway sees is not skipped", async () => {
  await adjust(view([], { till: now - 900 }), view(["till"]));
  expect(changes).toEqual([]);
});

test("a gateway that does not answer for five minutes: its devices are released, once", async () => {
  skipped = new Map(["till", "depot", "kiosk"].map((name) => [name, true]));
  const dead = view([], { till: now - 900 }, now);
  const other = view(["crane"], { kiosk: now - 900 });
  for (const end = now + 298; now < end; now += 2) await adjust(dead, other);
  expect(changes).toEqual(["skip kiosk"]);
  const released = [];
  for (const end = now + 900; now < end; now += 2) {
    released.push(...(await adjust(dead, other)).released);
  }
  expect(released.toSorted()).toEqual(["depot", "till"]);
  expect([...skipped].filter(([, isSkipped]) => isSkipped)).toEqual([["kiosk", true]]);
  expect(lines.filter((line) => line.startsWith("gateway-1: no answer"))).toHaveLength(1);
});

test.each([new Error("500"), "refused" as const])(
  "a registration that cannot be changed (%s) holds up no other, and is tried again after 30 s",
  async (answer) => {
    skipped = new Map([
      ["till", true],
      ["depot", true],
    ]);
    broken.set("till", answer);
    const first = await adjust(view(["till", "depot"]));
    expect(first.released).toEqual(["depot"]);
    expect(String(first.failure)).toMatch(/500|till: no right to change it/);
    now += 28;
    expect(await adjust(view(["till", "depot"]))).toEqual({ released: [], failure: undefined });
    broken.clear();
    now += 2;
    expect((await adjust(view(["till", "depot"]))).released).toEqual(["till"]);
  },
);

test("where a device of a silent gateway cannot be released, all are tried again after 30 s", async () => {
  skipped = new Map([
    ["till", true],
    ["depot", true],
  ]);
  let asked = 0;
  const release = async (name: string): Promise<Release> => {
    asked++;
    return name === "till" ? Promise.reject(new Error("500")) : registrations.release(name);
  };
  const dead = new Map([["gateway-1", view([], {}, now - silentSeconds)]]);
  const look = () =>
    skipping.adjust(dead, { ...registrations, release }, async () => new Set(skipped.keys()));
  for (const end = now + 30; now < end; now += 2) if (skipping.isDue(dead)) await look();
  expect(asked).toBe(2);
  if (skipping.isDue(dead)) await look();
  expect(asked).toBe(4);
});

test("a device that left the fleet is forgotten", async () => {
  skipped = new Map([["till", true]]);
  broken.set("till", "gone");
  expect((await adjust(view(["till"]))).failure).toBeUndefined();
  await adjust(view([]));
  broken.clear();
  expect((await adjust(view(["till"]))).released).toEqual(["till"]);
});

test("whatever happens: who is present is never skipped, who is silent for long is", async () => {
  const state = fc.record({
    present: fc.subarray(["a", "b", "c"]),
    isFailing: fc.boolean(),
    seconds: fc.integer({ min: 2, max: 400 }),
    isStarted: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(state, { maxLength: 20 }), async (steps) => {
      now = 10_000;
      [skipped, broken] = [new Map(["a", "b", "c"].map((name) => [name, true])), new Map()];
      skipping = new Skipping({ silentSeconds, log: () => {}, now: () => now });
      let silentSince = new Map<string, number>();
      let last = view([]);
      for (const { present, isFailing, seconds, isStarted } of steps) {
        if (isStarted) skipping.forget();
        if (isFailing) last = { ...last, failingSince: last.failingSince ?? now };
        else {
          const silent = ["a", "b", "c"].filter((name) => !present.includes(name));
          const before = last.failingSince === undefined ? silentSince : new Map<string, number>();
          silentSince = new Map(silent.map((name) => [name, before.get(name) ?? now]));
          last = {
            present: new Map(present.map((name) => [name, "key"])),
            silentSince,
            failingSince: undefined,
          };
        }
        await adjust(last);
        const isBlind = last.failingSince !== undefined && now - last.failingSince >= silentSeconds;
        for (const name of ["a", "b", "c"]) {
          if (last.present.has(name) || isBlind) expect(skipped.get(name)).not.toBe(true);
          else if (!isFailing && now - (silentSince.get(name) ?? now) >= silentSeconds)
            expect(skipped.get(name)).toBe(true);
        }
        now += seconds;
      }
    }),
  );
});
