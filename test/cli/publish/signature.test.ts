/** Real GnuPG and git: what `publish` signs passes, and nothing else does. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { publish } from "../../../cli/publish/publish.ts";
import { signatureProblem } from "../../../cli/publish/signature.ts";
import type { SigningKey } from "../../../fleet/model/fleet.ts";
import { temporaryFolder } from "../temporary.ts";
import { hasGnuPg, keyHome, type KeyHome } from "./signing-keys.ts";
import { device, filesOf, first, git, isolateGit, options, pushFile } from "./state-repository.ts";

isolateGit();

describe.skipIf(!hasGnuPg)("signed commits", () => {
  let home: KeyHome;
  let other: KeyHome;
  let ours: SigningKey;
  let theirs: SigningKey;
  beforeAll(() => {
    [home, other] = [keyHome(), keyHome()];
    ours = home.signingKey(home.make("Publisher <ci@harbor.example>"));
    theirs = other.signingKey(other.make("Colleague <eve@harbor.example>"));
  }, 60_000);
  afterAll(() => {
    home.remove();
    other.remove();
  });
  beforeEach(() => void vi.stubEnv("GNUPGHOME", home.folder));

  const verifies = (repository: string, commit = "main") =>
    spawnSync("git", ["-C", repository, "verify-commit", "--raw", commit], { encoding: "utf8" });
  const place = () => {
    const folder = temporaryFolder();
    return { folder, repository: join(folder, "state.git") };
  };

  test("git and Argo CD's way of looking find a good signature by the key", async () => {
    const { folder, repository } = place();
    vi.stubEnv("GIT_AUTHOR_NAME", "Zoë O'Neil");
    vi.stubEnv("GIT_AUTHOR_EMAIL", "zoe@harbor.example");
    await publish(options(folder, first, { signingKeys: [theirs, ours] }));
    const { status, stderr } = verifies(repository);
    expect([status, stderr]).toEqual([0, expect.stringContaining(`VALIDSIG ${ours.fingerprint}`)]);
    // As git-verify-wrapper.sh of Argo CD 3.4.4 prints it, and gpg.ParseGitCommitVerification reads it.
    const lines = execFileSync("sh", ["-c", "LC_ALL=C git verify-commit main 2>&1"], {
      cwd: repository,
      encoding: "utf8",
    }).split("\n");
    expect(lines[0]).toMatch(/^gpg: Signature made ([a-zA-Z0-9 :]+)$/);
    expect(lines[1]).toMatch(
      new RegExp(`^gpg:\\s+using\\s([A-Za-z]+)\\skey\\s${ours.signing[0]}$`),
    );
    const status2 = lines.slice(2).find((line) => !/^gpg:\s+issuer\s.+$/.test(line));
    expect(status2).toMatch(/^gpg: Good signature from "([^"]+)" \[([a-zA-Z]+)\]$/);
    expect(git(repository, "log", "--format=%an <%ae> %cn %B").trim()).toMatch(
      /^Zoë O'Neil <zoe@harbor\.example> Zoë O'Neil Add 2 devices\n\nAdd devices \(2\): /,
    );
    git(repository, "fsck", "--strict");

    await publish(
      options(folder, { ...first, [device("store-03")]: "3\n" }, { signingKeys: [ours] }),
    );
    expect(verifies(repository).status).toBe(0);
    expect(git(repository, "rev-list", "--count", "main")).toBe("2");
    const again = await publish(
      options(folder, { ...first, [device("store-03")]: "3\n" }, { signingKeys: [ours] }),
    );
    expect(again.commit).toBeNull();
  });

  test("a subkey signs, even in a repository with SHA-256, whatever git signs with elsewhere", async () => {
    const { folder, repository } = place();
    const fingerprint = home.make("Card <card@harbor.example>", "ed25519", "cert");
    home.gpg("--quick-add-key", fingerprint, "ed25519", "sign", "never");
    const card = home.signingKey(fingerprint);
    expect(card.signing).toHaveLength(2);
    writeFileSync(
      process.env["GIT_CONFIG_GLOBAL"]!,
      "[gpg]\n  format = ssh\n[user]\n  signingKey = x\n",
    );
    git(folder, "init", "--quiet", "--bare", "--object-format=sha256", "-b", "main", repository);
    const tree = git(repository, "hash-object", "-t", "tree", "-w", "/dev/null");
    const identity = ["-c", "user.name=a", "-c", "user.email=a@harbor.example"];
    const start = git(repository, ...identity, "commit-tree", "-m", "Start", tree);
    git(repository, "update-ref", "refs/heads/main", start);
    await publish(options(folder, first, { signingKeys: [card] }));
    vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
    expect(verifies(repository).stderr).toContain(`VALIDSIG ${card.signing[1]}`);
  });

  test("nothing is published without a key that can sign", async () => {
    const { folder, repository } = place();
    await publish(options(folder, first, { signingKeys: [ours] }));
    const tip = git(repository, "rev-parse", "main");
    const more = (signingKeys: readonly SigningKey[]) =>
      publish(options(folder, { ...first, "root.yaml": "changed\n" }, { signingKeys }));
    await expect(more([theirs])).rejects.toThrow(
      `nothing was published: GnuPG has no private key of repository.signing.keys in the fleet file (${theirs.fingerprint}). Import one (gpg --import), or add your public key to that list`,
    );
    const expired = home.make("Old <old@harbor.example>", "ed25519", "sign", "seconds=1");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await expect(more([home.signingKey(expired)])).rejects.toThrow(
      /could not be signed with \w+: the key has expired or is revoked/,
    );
    const locked = home.make("Locked <locked@harbor.example>");
    home.gpg("--pinentry-mode", "loopback", "--change-passphrase", locked);
    const tools = temporaryFolder();
    writeFileSync(
      join(tools, "gpg"),
      "#!/bin/sh\necho 'gpg: signing failed: Inappropriate ioctl for device' >&2\nexit 2\n",
    );
    chmodSync(join(tools, "gpg"), 0o755);
    const path = process.env["PATH"] ?? "";
    vi.stubEnv("PATH", `${tools}${delimiter}${path}`);
    await expect(more([ours])).rejects.toThrow("GnuPG could not ask for the passphrase");
    vi.stubEnv("PATH", path);
    const config = process.env["GIT_CONFIG_GLOBAL"]!;
    for (const setting of ["", "[safe]\n  bareRepository = explicit\n"]) {
      writeFileSync(config, `${setting}[gpg]\n  program = /nowhere/gpg\n`);
      await expect(more([ours])).rejects.toThrow(
        "/nowhere/gpg is needed to publish: it is not installed; install it",
      );
    }
    writeFileSync(config, "");
    expect(git(repository, "rev-parse", "main")).toBe(tip);
  }, 60_000);

  test("a signature that Argo CD would refuse is noticed before the push", async () => {
    const { folder, repository } = place();
    // GnuPG has the private key, but the file in the fleet has another one under its fingerprint.
    const swapped = { ...theirs, fingerprint: ours.fingerprint };
    await expect(publish(options(folder, first, { signingKeys: [swapped] }))).rejects.toThrow(
      "nothing was published: Argo CD would refuse the new commit: its signature is not valid",
    );
    expect(git(repository, "for-each-ref")).toBe("");
  });

  test("unsigned, foreign and changed commits have a problem", async () => {
    const { folder, repository } = place();
    await publish(options(folder, first, { signingKeys: [ours] }));
    const problem = (commit: string, keys = [ours]) => signatureProblem(repository, commit, keys);
    expect(await problem("main")).toBeUndefined();
    expect(await problem("main", [theirs])).toContain("its signature is not valid");
    const raw = git(repository, "cat-file", "commit", "main");
    const made = (text: string) =>
      execFileSync("git", ["-C", repository, "hash-object", "-t", "commit", "-w", "--stdin"], {
        input: `${text}\n`,
        encoding: "utf8",
      }).trim();
    const tree = git(repository, "hash-object", "-t", "tree", "-w", "/dev/null");
    expect(await problem(made(raw))).toBeUndefined();
    expect(await problem(made(raw.replace(/^tree \w+/, `tree ${tree}`)))).toContain("not valid");
    expect(await problem(made(raw.replace("Add", "Change")))).toContain("not valid");
    expect(await problem(made(raw.replace(/^gpgsig (.*\n )*.*\n/m, "")))).toBe("it is not signed");
    const ssh = raw.replaceAll("PGP SIGNATURE", "SSH SIGNATURE");
    expect(await problem(made(ssh))).toBe("its signature is not OpenPGP");
    expect(await problem("0".repeat(40))).toBe("it can't be read");
  });

  test("a new signature does not vouch for what nobody signed", async () => {
    const { folder, repository } = place();
    await publish(options(folder, first));
    pushFile(repository, "README.md", "ours\n");
    // Everything that Argo CD reads is Flotilla's, so the first signature may follow.
    const signing = { signingKeys: [ours] };
    const signed = await publish(options(folder, first, signing));
    expect(signed.commit?.subject).toBe("Sign the state of the fleet");
    expect(verifies(repository).status).toBe(0);

    for (const path of [
      "hub/argocd/evil.yaml",
      "edge/evil.yaml",
      ".gitattributes",
      "hub/.gitmodules",
    ]) {
      const before = git(repository, "rev-parse", "main");
      pushFile(repository, path, "evil: true\n");
      const changed = { ...first, "root.yaml": "changed\n" };
      for (const files of [first, changed]) {
        await expect(publish(options(folder, files, signing)), path).rejects.toThrow(
          `state.git: the last commit of main was not signed with a key of repository.signing (it is not signed), and has files that Flotilla did not write: ${path}. Nothing was published`,
        );
      }
      git(repository, "update-ref", "refs/heads/main", before);
    }

    // An unsigned change of a file of Flotilla's is written over.
    pushFile(repository, "root.yaml", "evil\n");
    await publish(options(folder, first, signing));
    expect(filesOf(repository)["root.yaml"]).toBe("root\n");
    expect(verifies(repository).status).toBe(0);

    // What a colleague signed stays.
    pushFile(repository, "hub/extra.yaml", "read: true\n");
    const clone = join(temporaryFolder(), "clone");
    mkdirSync(clone);
    git(".", "clone", "--quiet", repository, clone);
    vi.stubEnv("GNUPGHOME", other.folder);
    const identity = ["-c", "user.name=Eve", "-c", "user.email=eve@harbor.example"];
    const sign = ["commit", "--quiet", "--allow-empty", "-m", "Signed", `-S${theirs.fingerprint}`];
    git(clone, ...identity, ...sign);
    git(clone, "push", "--quiet", "origin", "main");
    vi.stubEnv("GNUPGHOME", home.folder);
    const both = { signingKeys: [ours, theirs] };
    await publish(options(folder, { ...first, "root.yaml": "next\n" }, both));
    expect(filesOf(repository)).toHaveProperty("hub/extra.yaml");
    expect(verifies(repository).status).toBe(0);
  }, 60_000);
});
