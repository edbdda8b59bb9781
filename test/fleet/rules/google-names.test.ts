import { expect, test } from "vitest";
import { machineTypeProblem, regionProblem } from "../../../fleet/rules/google-names.ts";

test.each([
  ["us-esat1", "us-east1"],
  ["us-eat1", "us-east1"],
  ["europe-wets1", "europe-west1"],
  ["eu-west1", "me-west1"],
  ["euorpe-north1", "europe-north1"],
  ["us-central", undefined],
  ["us-east1a", "us-east1"],
  ["us-east-1", "us-east1"],
])("%s is not a region", (region, near) => {
  const hint = near === undefined ? /Did you mean|Write one/ : `Did you mean ${near}?`;
  expect(regionProblem(region)).toMatch(hint);
});

test.each(["us-east1", "us-east7", "europe-west12", "africa-north1", "asia-northeast3"])(
  "%s can be a region",
  (region) => expect(regionProblem(region)).toBeUndefined(),
);

test.each([
  ["e2-standrad-2", "e2-standard-2"],
  ["e2-standard2", "e2-standard-2"],
  ["e2-standard", "e2-standard-2"],
  ["standard-e2-2", undefined],
  ["n2d-highmen-8", "n2d-highmem-8"],
  ["t3-large", "e2"],
])("%s is not a machine type", (machineType, near = "") => {
  expect(machineTypeProblem(machineType)).toMatch(near === "e2" ? /./ : `Did you mean ${near}`);
});

test.each(
  [
    ["e2-standard-2", "n1-standard-1", "c3-standard-22-lssd", "c4a-highmem-16", "f1-micro"],
    ["e2-medium", "n2-custom-4-8192-ext", "a3-highgpu-8g", "m3-ultramem-128", "z3-highmem-88"],
    ["c5x-newclass-8", "h4d-standard-192"],
  ].flat(),
)("%s can be a machine type", (machineType) => {
  expect(machineTypeProblem(machineType)).toBeUndefined();
});
