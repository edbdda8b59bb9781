/** How Argo CD logs in to the state repository: what bootstrap accepts, and what it refuses. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decoded, paths, setUrl, sshKey, workplace } from "./bootstrap-workplace.ts";
import { flotilla } from "../../command-line.ts";

describe("the credential of the state repository", () => {
  test("an SSH key", async () => {
    const { folder, hub, run } = await workplace();
    setUrl(folder, "git@git.cornercafe.example:fleet-state.git");
    expect((await run()).err).toContain("without a key. Run it again with --repository-key FILE\n");
    const key = sshKey(folder);
    expect((await run("--repository-key", key)).out).toContain(
      "placed      Secret      argocd/fleet-repository\n",
    );
    expect(decoded(hub, paths.repository)).toEqual({
      type: "git",
      url: "git@git.cornercafe.example:fleet-state.git",
      sshPrivateKey: readFileSync(join(folder, key), "utf8"),
    });
    const kept = await run();
    expect(kept.out).toContain("kept        Secret      argocd/fleet-repository\n");
    expect(kept.err).not.toContain("key");
    setUrl(folder, "git@other.example:fleet-state.git");
    expect((await run()).err).toContain(
      "the credential on the hub is for git@git.cornercafe.example:fleet-state.git, and the " +
        "fleet's repository is git@other.example:fleet-state.git.",
    );
  });

  test("a user and a password, from a file or the environment", async () => {
    const { folder, hub, run } = await workplace();
    writeFileSync(join(folder, "token"), "open sesame\n");
    await run("--repository-user", "argocd", "--repository-password-file", "token");
    expect(decoded(hub, paths.repository)).toMatchObject({
      username: "argocd",
      password: "open sesame",
    });
    const environment = { ...hub.environment, FLOTILLA_REPOSITORY_PASSWORD: "open barley" };
    const args = ["bootstrap", "--repository-user", "argocd"];
    const { out } = await flotilla(folder, args, environment);
    expect(out).toContain("replaced    Secret      argocd/fleet-repository\n");
    expect(decoded(hub, paths.repository)).toMatchObject({ password: "open barley" });
    for (const call of hub.calls()) {
      expect(call.environment).not.toContain("FLOTILLA_REPOSITORY_PASSWORD");
    }
  });

  const encrypted = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs1",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "x",
  }) as string;
  const opened = (cipher: string) =>
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.concat([
      Buffer.from("openssh-key-v1\0"),
      Buffer.from([0, 0, 0, cipher.length]),
      Buffer.from(`${cipher}, and so on`),
    ]).toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;

  test.each([
    ["the public half", "ssh-ed25519 AAAA ada", "this is the public half of a key."],
    ["no key", "sesame", "this is not an SSH private key."],
    ["PEM with a passphrase", encrypted, "this key has a passphrase"],
    ["OpenSSH's with a passphrase", opened("aes256-ctr"), "this key has a passphrase"],
    ["OpenSSH's", opened("none"), undefined],
  ])("a key file: %s", async (_, text, message) => {
    const { folder, hub, run } = await workplace();
    setUrl(folder, "ssh://git@git.cornercafe.example/fleet-state.git");
    writeFileSync(join(folder, "key"), text);
    const { code, err } = await run("--repository-key", "key");
    expect(code).toBe(message === undefined ? 0 : 1);
    if (message === undefined) return;
    expect(err).toContain(`key: ${message}`);
    expect(err).not.toContain("sesame");
    expect(hub.calls()).toEqual([]);
  });

  test("what can't be right is refused before the hub is asked", async () => {
    const { folder, hub, run } = await workplace();
    const key = sshKey(folder);
    writeFileSync(join(folder, "empty"), "\n");
    const said = async (...args: string[]) => (await run(...args)).err.split("\n")[0];
    expect(await said("--repository-key", key)).toBe(
      "reader: an SSH key can't log in to https://git.cornercafe.example/fleet-state.git. Give " +
        "--repository-user NAME with a password or a token",
    );
    expect(await said("--repository-key", "nokey")).toBe("nokey: file not found");
    expect(await said("--repository-user", "ada")).toMatch(
      /^\$FLOTILLA_REPOSITORY_PASSWORD: the password or token is missing\./,
    );
    expect(await said("--repository-user", "ada", "--repository-password-file", "empty")).toMatch(
      /^empty: the password or token is missing\./,
    );
    expect(await said("--repository-password-file", "empty")).toMatch(
      /^empty: a password needs a user\./,
    );
    expect(await said("--repository-key", key, "--repository-user", "ada")).toBe(
      "error: give an SSH key or a user with a password, not both",
    );
    expect(hub.calls()).toEqual([]);
  });
});
