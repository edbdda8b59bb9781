import { expect, test } from "vitest";
import { defaultSize } from "../../../gitops/addons/size-class.ts";

test("the default size follows the number of devices in steps that are far apart", () => {
  expect([1, 200, 300, 1000, 2000].map(defaultSize)).toEqual([
    "small",
    "small",
    "medium",
    "medium",
    "large",
  ]);
});
