/** When devices are visited, with a clock of the test's own. */
import { beforeEach, expect, test } from "vitest";
import type { Device } from "../../../../gitops/programs/courier/hub.ts";
import { Visits } from "../../../../gitops/programs/courier/visits.ts";

const device = (name: string, server = "https://10.0.0.1:6443"): Device => ({
  name,
  server,
  serverName: `${name}.internal`,
  proxyUrl: undefined,
  workloads: ["pos"],
});

let now: number;
let revision: string;
let lines: string[];
/** Visits that began, by the device's name and the second. */
let begun: string[];
/** Device → what the next visits come to; without an entry they wait for `finish`. */
let troubles: Record<string, string>;
let finish: (() => void)[];
let visits: Visits;

beforeEach(() => {
  [now, revision, lines, begun, troubles, finish] = [0, "1", [], [], {}, []];
  visits = new Visits({
    visit: ({ name }) => {
      begun.push(`${name} ${now}`);
      const trouble = troubles[name];
      if (trouble !== undefined) return Promise.resolve(trouble);
      return new Promise((resolve) => finish.push(() => resolve("")));
    },
    revisionOf: () => revision,
    log: (line) => lines.push(line),
    now: () => now,
    visitSeconds: 600,
    retrySeconds: 5,
  });
});

/** As the program does: a look every second. */
async function run(seconds: number): Promise<void> {
  for (const end = now + seconds; now < end; now++) {
    visits.noteRevisions();
    visits.start();
    await new Promise(setImmediate);
  }
}

test("a device is visited at once, and every ten minutes", async () => {
  troubles = { till: "" };
  visits.setDevices([device("till")]);
  await run(1300);
  expect(begun).toEqual(["till 0", "till 600", "till 1200"]);
  expect(lines).toEqual([]);
});

test("a device whose Secrets changed is visited at once", async () => {
  troubles = { till: "" };
  visits.setDevices([device("till")]);
  await run(100);
  revision = "2";
  await run(100);
  expect(begun).toEqual(["till 0", "till 100"]);
});

test("Secrets that change during a visit are delivered by the next one", async () => {
  visits.setDevices([device("till")]);
  await run(10);
  revision = "2";
  await run(10);
  expect(begun).toEqual(["till 0"]);
  finish[0]?.();
  await run(2);
  expect(begun).toEqual(["till 0", "till 21"]);
});

test("a failure is logged once, and the visits go on more and more rarely", async () => {
  troubles = { till: "its gateway answers 503" };
  visits.setDevices([device("till")]);
  await run(300);
  expect(begun.map((each) => Number(each.split(" ")[1]))).toEqual([
    0, 5, 15, 35, 75, 135, 195, 255,
  ]);
  expect(lines).toEqual(["till: its gateway answers 503"]);
  troubles = { till: "" };
  await run(60);
  troubles = { till: "its gateway answers 503" };
  await run(700);
  expect(lines).toHaveLength(2);
});

test("a change of the Secrets does not hurry a device in trouble", async () => {
  troubles = { till: "no answer in 20 s" };
  visits.setDevices([device("till")]);
  await run(40);
  revision = "2";
  await run(30);
  expect(begun).toEqual(["till 0", "till 5", "till 15", "till 35"]);
});

test("twenty visits run at a time, and the device that waits longest is next", async () => {
  const names = Array.from({ length: 25 }, (_, index) => `till-${index}`);
  visits.setDevices(names.map((name) => device(name)));
  await run(5);
  expect(begun).toHaveLength(20);
  finish[0]?.();
  await run(1);
  expect(begun.at(-1)).toBe("till-20 5");
  for (const end of finish) end();
  await run(1);
  expect(begun).toHaveLength(25);
  expect(new Set(begun.map((each) => each.split(" ")[0])).size).toBe(25);
});

test("a device that moved is due, and others keep their time", async () => {
  troubles = { a: "", b: "", c: "" };
  visits.setDevices([device("a"), device("b")]);
  await run(100);
  visits.setDevices([device("a"), device("b", "https://10.0.0.2:6443"), device("c")]);
  await run(1);
  expect(begun).toEqual(["a 0", "b 0", "b 100", "c 100"]);
  visits.setDevices([device("a")]);
  await run(500);
  expect(begun.slice(4)).toEqual(["a 600"]);
});
