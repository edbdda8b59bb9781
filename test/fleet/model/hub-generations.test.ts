import { expect, test } from "vitest";
import {
  carriedGenerations,
  hubGenerationsMax,
  lastImageWithout,
} from "../../../fleet/model/hub-generations.ts";

test("the last image that does not know a generation, counted from what images carry", () => {
  for (let generation = 1; generation <= hubGenerationsMax; generation++) {
    const images = Array.from({ length: generation }, (_, index) => index + 1);
    const without = images.filter((image) => !carriedGenerations(image).includes(generation));
    expect(lastImageWithout(generation)).toBe(without.at(-1) ?? 0);
  }
});
