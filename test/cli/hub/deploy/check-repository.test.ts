/** What doctor says about the state repository: whether it takes a push, in either format of Git's objects. */
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { repositoryCheck } from "../../../../cli/hub/deploy/check-repository.ts";
import type { CheckedProject } from "../../../../cli/hub/checks/check.ts";
import { fleetFilesOf } from "../../../../fleet/files/fleet-files.ts";
import { sampleFleet } from "../../../sample.ts";
import { git, isolateGit, pushFile } from "../../publish/state-repository.ts";
import { temporaryFolder } from "../../temporary.ts";

isolateGit();

async function check(push: string) {
  const files = fleetFilesOf(join(temporaryFolder(), "fleet.yaml"));
  const fleet = { ...sampleFleet, repository: { ...sampleFleet.repository, push } };
  const project = { fleet, files } as unknown as CheckedProject;
  const session = { environment: {}, out() {}, progress() {} };
  const [found] = await repositoryCheck(project, session);
  return found;
}

const formats = ["sha1", "sha256"] as const;

describe.each(formats)("if the user's default for new repositories is %s", (standard) => {
  test.each(formats)("one with %s takes a push, and does not change", async (format) => {
    vi.stubEnv("GIT_DEFAULT_HASH", standard);
    const repository = join(temporaryFolder(), "state.git");
    git(".", "init", "--quiet", "--bare", `--object-format=${format}`, "-b", "main", repository);
    const url = `file://${repository}`;
    const expected = { state: "ok", found: `${url} takes a push` };
    expect(await check(url)).toMatchObject(expected);
    expect(git(repository, "for-each-ref")).toBe("");
    vi.stubEnv("GIT_DEFAULT_HASH", format);
    pushFile(repository, "README", "");
    vi.stubEnv("GIT_DEFAULT_HASH", standard);
    const before = git(repository, "for-each-ref");
    expect(await check(url)).toMatchObject(expected);
    expect(git(repository, "for-each-ref")).toBe(before);
  });
});

test("one that is not there is missing, with Git's words", async () => {
  const url = `file://${join(temporaryFolder(), "nowhere.git")}`;
  expect(await check(url)).toMatchObject({
    state: "missing",
    found: expect.stringMatching(/^file:.*nowhere\.git: .*(repository exists|not appear)/),
    fix: `see why: git ls-remote ${url}`,
  });
});
