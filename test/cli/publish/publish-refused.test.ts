import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { fileListName } from "../../../fleet/files/file-list.ts";
import { publish } from "../../../cli/publish/publish.ts";
import { first, git, isolateGit, options, pushFile } from "./state-repository.ts";
import { temporaryFolder } from "../temporary.ts";

isolateGit();

/** A hook of the repository; `body` is shell. */
function hook(repository: string, name: string, body: string): void {
  const path = join(repository, "hooks", name);
  writeFileSync(path, `#!/bin/sh\nset -e\n${body}\n`);
  chmodSync(path, 0o755);
}

function temporaryRepositories(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("flotilla-publish-"));
}

describe("publish when the remote does not want to", () => {
  test("a hook that refuses", async () => {
    const folder = temporaryFolder();
    const repository = join(folder, "state.git");
    await publish(options(folder, first));
    hook(repository, "pre-receive", "echo 'only on Tuesdays' >&2; exit 1");
    const before = git(repository, "rev-parse", "main");
    // A folder of its own for temporary files: other tests publish at the same time.
    vi.stubEnv("TMPDIR", temporaryFolder());
    const refused = publish(options(folder, { ...first, "root.yaml": "new" }));
    await expect(refused).rejects.toThrow(OperationError);
    await expect(refused).rejects.toThrow(
      /^state\.git: the push to main was refused, so nothing was published: the rules of the remote forbid it; allow this user to push to the branch, or set repository\.branch to one that may be pushed\. Git says:\n {2}\[remote rejected\] \(pre-receive hook declined\)\n {2}remote: only on Tuesdays/,
    );
    expect(git(repository, "rev-parse", "main")).toBe(before);
    expect(temporaryRepositories()).toEqual([]);
  });

  test("a hook that takes it has its words shown", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    hook(join(folder, "state.git"), "post-receive", "echo checks started; echo see wiki >&2");
    const lines: string[] = [];
    const onProgress = (line: string) => void lines.push(line);
    await publish(options(folder, { ...first, "root.yaml": "new" }, { onProgress }));
    expect(lines).toEqual(["remote: checks started\nremote: see wiki"]);
  });

  test("a work tree with the branch checked out, clean or dirty", async () => {
    const folder = temporaryFolder();
    const checkout = join(folder, "state.git");
    git(folder, "init", "--quiet", "-b", "main", checkout);
    writeFileSync(join(checkout, "mine.txt"), "one\n");
    git(checkout, "add", "mine.txt");
    git(checkout, "-c", "user.name=S", "-c", "user.email=s@example.com", "commit", "-qm", "Start");
    await expect(publish(options(folder, first))).rejects.toThrow(
      /refused, so nothing was published: the branch is checked out there; set repository\.push to a bare repository/,
    );
    git(checkout, "config", "receive.denyCurrentBranch", "updateInstead");
    writeFileSync(join(checkout, "mine.txt"), "not committed\n");
    await expect(publish(options(folder, first))).rejects.toThrow(
      /refused, so nothing was published: that repository has a work tree with uncommitted changes; commit or stash them there, then publish again/,
    );
    expect(readFileSync(join(checkout, "mine.txt"), "utf8")).toBe("not committed\n");
    expect(existsSync(join(checkout, "root.yaml"))).toBe(false);
    git(checkout, "checkout", "--quiet", "mine.txt");
    await publish(options(folder, first));
    expect(readFileSync(join(checkout, "root.yaml"), "utf8")).toBe("root\n");
  });

  test("an address where nobody answers", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const remote = `http://ada:sesame@127.0.0.1:${port}/state.git`;
    const failed = publish(options(temporaryFolder(), first, { remote }));
    await expect(failed).rejects.toThrow(OperationError);
    await expect(failed).rejects.toThrow(
      `http://***@127.0.0.1:${port}/state.git: this repository can't be reached. Check ` +
        "its URL (repository in the fleet file), the network and your access, then publish again; " +
        "what has arrived is not published twice. Git says:\n  fatal: unable to access",
    );
    await expect(failed).rejects.not.toThrow(/sesame/);
  });

  test("a server that wants a password: no prompt, and the given one is not printed", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    for (const user of ["", "sesame@", "ada:sesame@"]) {
      const remote = `http://${user}127.0.0.1:${port}/state.git`;
      const failed = publish(options(temporaryFolder(), first, { remote }));
      await expect(failed).rejects.toThrow("this repository can't be reached");
      await expect(failed).rejects.not.toThrow(/sesame/);
    }
  });

  test("a path that is a file, or a folder that is not a repository", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "state.git"), "");
    await expect(publish(options(folder, first))).rejects.toThrow(
      new OperationError(
        "state.git: this is a file; set repository.push to a Git URL or to the path of a repository",
      ),
    );
    mkdirSync(join(folder, "documents"));
    writeFileSync(join(folder, "documents", "letter.txt"), "Dear");
    await expect(publish(options(folder, first, { remote: "documents" }))).rejects.toThrow(
      "does not appear to be a git repository",
    );
    expect(readdirSync(join(folder, "documents"))).toEqual(["letter.txt"]);
  });

  test("a list of files that leads outside", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    pushFile(join(folder, "state.git"), fileListName, "../../fleet.yaml\n");
    await expect(publish(options(folder, first))).rejects.toThrow(
      'state.git: .flotilla-files:1: "../../fleet.yaml" is not a valid path in this folder',
    );
  });

  test("no git on this machine", async () => {
    vi.stubEnv("PATH", temporaryFolder());
    await expect(publish(options(temporaryFolder(), first))).rejects.toThrow(
      new OperationError("git is needed to publish: it is not installed; install it"),
    );
  });
});
