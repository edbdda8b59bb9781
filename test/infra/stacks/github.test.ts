import { expect, test } from "vitest";
import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import { sampleFleet } from "../../sample.ts";
import { githubFleet } from "../fleets.ts";
import { manifestOf, stackOf } from "./stacks.ts";

test("exists only if the fleet file has repository.github", () => {
  expect(Object.keys(manifestOf(sampleFleet).stacks)).toEqual(["argocd", "hub"]);
  expect(Object.keys(manifestOf(githubFleet).stacks)).toEqual(["argocd", "github", "hub"]);
});

test("has the public half of the key, which may only read", async () => {
  const text = synthesizeInfra(githubFleet).get("stacks/github/cdk.tf.json");
  await expect(text).toMatchFileSnapshot("../../golden/infra/stacks/github/cdk.tf.json");
  const { resource } = stackOf("github", githubFleet);
  expect(resource["github_repository_deploy_key"]?.["deploy_key"]).toMatchObject({
    key: "ssh-ed25519 AAAA argocd",
    read_only: true,
  });
  expect(resource["github_repository"]?.["repository"]).toMatchObject({
    name: "fleet-state",
    visibility: "private",
    lifecycle: { prevent_destroy: true },
  });
});

test("has no key unless one is given", () => {
  const repository = { ...githubFleet.repository, github: {} };
  const { resource } = stackOf("github", { ...githubFleet, repository });
  expect(Object.keys(resource)).toEqual(["github_branch_protection", "github_repository"]);
});
