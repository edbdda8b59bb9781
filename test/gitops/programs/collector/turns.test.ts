import { expect, test } from "vitest";
import { Turns } from "../../../../gitops/programs/collector/turns.ts";

test("a device's requests are worked on one after the other, beside those of others", async () => {
  const turns = new Turns();
  const events: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      events.push(`${name} ends`);
      if (fails) throw new Error("refused");
    };
  const first = turns.next("till", work("first", true));
  const second = turns.next("till", work("second"));
  const other = turns.next("kiosk", work("other"));
  await expect(first).rejects.toThrow("refused");
  await Promise.all([second, other]);
  const ofTill = events.filter((event) => !event.startsWith("other"));
  expect(ofTill).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(events.indexOf("other begins")).toBeLessThan(events.indexOf("first ends"));
});
