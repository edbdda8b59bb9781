import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeWords, formatNumber, lineChanges, rangesOf } from "../../../cli/plan/wording.ts";
import { expandName } from "../../../fleet/model/names.ts";

describe("rangesOf", () => {
  test("names that follow each other are a range of the fleet file", () => {
    expect(rangesOf(["a-08", "a-09", "a-10", "a-12", "b", "c-1", "c-2"])).toEqual([
      "a-{08..10}",
      "a-12",
      "b",
      "c-1",
      "c-2",
    ]);
    expect(rangesOf(["a-8", "a-9", "a-10"])).toEqual(["a-8", "a-9", "a-10"]);
  });

  test("stands for the same names", () => {
    const names = fc.uniqueArray(
      fc.tuple(fc.constantFrom("store", "kiosk", "x9"), fc.nat(40)).map(([head, number]) => {
        return `${head}-${String(number).padStart(2, "0")}`;
      }),
    );
    fc.assert(
      fc.property(names, (all) => {
        const sorted = all.toSorted();
        expect(rangesOf(sorted).flatMap(expandName)).toEqual(sorted);
      }),
    );
  });
});

test.each([
  [{ path: "", before: 1, after: 2 }, "1 → 2"],
  [{ path: "", after: { a: [true, "x"] } }, "+ { a: [true, x] }"],
  [{ path: "", before: "" }, '- ""'],
  [
    { path: "", after: ["/bin/sh", "-c", "#!/bin/sh\n\nexec x\n"] },
    "+ [/bin/sh, -c, #!/bin/sh exec x ]",
  ],
  [{ path: "", before: "a", after: "b\n" }, "a → b "],
  [{ path: "", secret: true as const }, "changed (not shown)"],
  [{ path: "", before: "r.io/a:1", after: "r.io/a:2" }, "r.io/a:1 → 2"],
  [{ path: "", before: "r.io/a:1", after: "r.io/b:2" }, "r.io/a:1 → r.io/b:2"],
  [{ path: "", before: "a\nb\nc\n", after: "a\nc\nd\ne\n" }, "a text, +2 −1 lines"],
  [{ path: "", before: "a\nb\n", after: "b\na\n" }, "the same lines in another order"],
])("%j is %j", (change, words) => expect(changeWords(change)).toBe(words));

test("lineChanges counts lines that occur more than once", () => {
  expect(lineChanges(["a", "a", "b"], ["a", "c", "c"])).toEqual({
    added: ["c", "c"],
    removed: ["a", "b"],
  });
});

test("numbers have the commas of toLocaleString", () => {
  for (const number of [0, 7, 999, 1_000, 10_000, 999_999, 1_234_567]) {
    expect(formatNumber(number)).toBe(number.toLocaleString("en"));
  }
});
