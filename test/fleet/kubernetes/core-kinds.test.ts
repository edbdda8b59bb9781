import { expect, test } from "vitest";
import { groupProblem } from "../../../fleet/kubernetes/core-kinds.ts";
import { kubernetesMinors, kubernetesSchemas } from "../../../fleet/kubernetes/schemas.ts";

/** Answers of the API server, and what only a request has. */
const notStored = ["Binding", "ComponentStatus", "Status"];

test("every kind of the core group needs no group, and every other kind of Kubernetes has one", () => {
  for (const minor of kubernetesMinors) {
    const kinds = Object.keys(kubernetesSchemas(minor).kinds).map((each) => each.split("/"));
    const core = kinds.flatMap(([group, , kind = ""]) => (group === "" ? kind : []));
    for (const kind of core) {
      expect(groupProblem(kind) === undefined, kind).toBe(!notStored.includes(kind));
    }
    for (const [group = "", , kind = ""] of kinds) {
      if (core.includes(kind)) continue;
      expect(groupProblem(kind)).toContain(` Write ${group}/${kind}.`);
      expect(groupProblem(`${group}/${kind}`)).toBeUndefined();
    }
  }
});

test("a kind of an operator needs its group, and a misspelled one gets a suggestion", () => {
  expect(groupProblem("example.com/Shop")).toBeUndefined();
  expect(groupProblem("Shop")).toBe(
    `"Shop" is not a kind of Kubernetes' core group. Write its group too, like apps/Deployment.`,
  );
  expect(groupProblem("ConfigMaps")).toContain("Did you mean ConfigMap?");
});
