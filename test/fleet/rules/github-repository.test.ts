import { expect, test } from "vitest";
import { parseSource } from "../../../fleet/grammar/source.ts";
import { declareFleet } from "../../../fleet/resolve/declaration.ts";
import { githubRepository } from "../../../fleet/rules/github-repository.ts";

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
