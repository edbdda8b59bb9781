import { describe, expect, test } from "vitest";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { githubRepository } from "../../../fleet/rules/github.ts";
import { declareFleet } from "../../../fleet/resolve/resolve.ts";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { synthesizeInfra } from "../../../infra/app.ts";
import { sampleFleet } from "../../sample.ts";

type Resources = Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;

interface StackJson {
  readonly resource: Resources;
  readonly data?: Resources;
  readonly terraform: { readonly backend: object };
}

function stackOf(name: string, fleet: Fleet): StackJson {
  return JSON.parse(synthesizeInfra(fleet).get(`stacks/${name}/cdk.tf.json`) ?? "") as StackJson;
}

const manifestOf = (fleet: Fleet) =>
  JSON.parse(synthesizeInfra(fleet).get("manifest.json") ?? "") as {
    stacks: Record<string, { dependencies: string[] }>;
  };

describe("the stack argocd", () => {
  test("comes after the hub for cdktf deploy '*'", () => {
    expect(manifestOf(sampleFleet).stacks["argocd"]?.dependencies).toEqual(["hub"]);
  });

  test("finds a cluster in one zone", () => {
    const cloud = { ...sampleFleet.cloud, location: "us-east1-b" };
    const { data } = stackOf("argocd", { ...sampleFleet, cloud });
    expect(data?.["google_container_cluster"]?.["cluster"]).toMatchObject({
      name: "harbor-hub",
      location: "us-east1-b",
    });
  });

  test("asks for no token that would get into the state", () => {
    expect(Object.keys(stackOf("argocd", sampleFleet).data ?? {})).toEqual([
      "google_container_cluster",
    ]);
  });

  test("keeps its state where the hub keeps its own", () => {
    const cloud = { ...sampleFleet.cloud, state: { bucket: "harbor-state" } };
    expect(stackOf("argocd", { ...sampleFleet, cloud }).terraform.backend).toEqual({
      gcs: { bucket: "harbor-state", prefix: "harbor/argocd" },
    });
  });

  test("binds nobody to cluster-admin where the fleet file names nobody", () => {
    const releases = (fleet: Fleet) =>
      Object.keys(stackOf("argocd", fleet).resource["helm_release"] ?? {});
    expect(releases(sampleFleet)).toEqual(["argo_cd", "root"]);
    const administrators = ["user:ada@harbor.example"];
    expect(releases({ ...sampleFleet, administrators })).toEqual([
      "administrators",
      "argo_cd",
      "root",
    ]);
  });
});

describe("the stack github", () => {
  const fleet: Fleet = {
    ...sampleFleet,
    repository: {
      ...sampleFleet.repository,
      url: "git@github.com:harbor/fleet-state.git",
      github: { deployKey: "ssh-ed25519 AAAA argocd" },
    },
  };

  test("is there only where the fleet file asks for it", () => {
    expect(Object.keys(manifestOf(sampleFleet).stacks)).toEqual(["argocd", "hub"]);
    expect(Object.keys(manifestOf(fleet).stacks)).toEqual(["argocd", "github", "hub"]);
  });

  test("has the public half of the key, which may only read", async () => {
    const text = synthesizeInfra(fleet).get("stacks/github/cdk.tf.json");
    await expect(text).toMatchFileSnapshot("../../golden/infra/stacks/github/cdk.tf.json");
    const { resource } = stackOf("github", fleet);
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

  test("has no key where none is given", () => {
    const repository = { ...fleet.repository, github: {} };
    const { resource } = stackOf("github", { ...fleet, repository });
    expect(Object.keys(resource)).toEqual(["github_branch_protection", "github_repository"]);
  });
});

test.each([
  ["https://github.com/harbor/fleet-state.git", "harbor", "fleet-state"],
  ["https://github.com/harbor/fleet-state", "harbor", "fleet-state"],
  ["git@github.com:harbor/fleet.state.git", "harbor", "fleet.state"],
  ["ssh://git@github.com/harbor/fleet-state.git", "harbor", "fleet-state"],
])("%s is on GitHub", (url, owner, name) => {
  expect(githubRepository(url)).toEqual({ owner, name });
});

test.each([
  "https://git.example.com/harbor/state.git",
  "https://github.com.example.com/a/b",
  "https://github.com/harbor",
  "git@gitlab.com:a/b.git",
  "dist/state.git",
])("%s is not on GitHub", (url) => {
  expect(githubRepository(url)).toBeUndefined();
});

test("a repository elsewhere can't be made on GitHub", () => {
  const text = `fleet: harbor
domain: edge.harbor.example
repository:
  url: https://git.harbor.example/state.git
  github: {}
cloud: { provider: google, project: harbor-edge-hub }
profiles: {}
sites: {}
devices: {}
`;
  expect(() => declareFleet(parseSource("fleet.yaml", text))).toThrow(
    'fleet.yaml:5:3: repository.github: "https://git.harbor.example/state.git" is not on github.com',
  );
});
