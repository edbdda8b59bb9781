import { beforeEach, expect, test } from "vitest";
import { Held } from "../../../../gitops/programs/collector/held.ts";

let held: Held;
beforeEach(() => {
  held = new Held({ bytesMax: 100, deviceBytesMax: 40 });
});

/** Holds bytes until the returned function is called. */
function hold(device: string, bytes: number): () => Promise<void> {
  let end = () => {};
  const work = new Promise<void>((resolve) => (end = resolve));
  const ended = held.during(device, bytes, () => work);
  return () => (end(), ended);
}
const holds = (device: string, bytes: number) => held.during(device, bytes, async () => "done");

test("a device holds so many bytes, and takes none of another one's", async () => {
  const end = hold("till-01", 40);
  await expect(holds("till-01", 1)).rejects.toThrow("too many bytes of till-01 are in work");
  expect(await holds("till-02", 40)).toBe("done");
  await end();
  expect(await holds("till-01", 40)).toBe("done");
});

test("all devices together hold so many bytes", async () => {
  const ends = ["till-01", "till-02"].map((device) => hold(device, 40));
  await expect(holds("till-03", 21)).rejects.toThrow("too many bytes are in work");
  expect(await holds("till-03", 20)).toBe("done");
  for (const end of ends) await end();
  expect(await holds("till-03", 40)).toBe("done");
});

test("work that fails is held no longer", async () => {
  const fail = () => Promise.reject(new Error("Elasticsearch answers 502"));
  for (let count = 0; count < 9; count++) {
    await expect(held.during("till-01", 40, fail)).rejects.toThrow("502");
  }
});
