/** The same fleet, lock and key give the same bytes in any folder; nothing changed touches nothing. */
import { rmSync, statSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Workshop } from "./workshop.ts";

describe("two syntheses in two folders", () => {
  const one = new Workshop();
  const two = new Workshop();
  afterAll(() => {
    one.remove();
    two.remove();
  });

  test("are equal byte for byte", () => {
    for (const workshop of [one, two]) {
      expect(workshop.run("synth")).toMatchObject({ status: 0 });
    }
    const first = one.files("dist");
    expect(first.size).toBeGreaterThan(39 * 4);
    expect([...two.files("dist").keys()]).toEqual([...first.keys()]);
    for (const [path, bytes] of two.files("dist")) {
      expect(bytes.equals(first.get(path) as Buffer), path).toBe(true);
    }
    expect(one.files(".").get("fleet.lock.yaml")).toEqual(two.files(".").get("fleet.lock.yaml"));
  });

  test("a second one changes no time stamp", () => {
    const stamps = () =>
      [...one.files(".").keys()].map(
        (path) => `${path} ${statSync(one.path(path), { bigint: true }).mtimeNs}`,
      );
    const before = stamps();
    expect(one.run("synth")).toMatchObject({ status: 0 });
    expect(stamps()).toEqual(before);
  });

  test(
    "one that starts from nothing but fleet, lock and key gives the same again",
    { timeout: 300_000 },
    () => {
      const before = one.files("dist");
      rmSync(one.path("dist"), { recursive: true });
      expect(one.run("synth")).toMatchObject({ status: 0 });
      expect(one.files("dist")).toEqual(before);
    },
  );
});
