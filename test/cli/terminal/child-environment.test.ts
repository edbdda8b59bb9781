import fc from "fast-check";
import { expect, test } from "vitest";
import { childEnvironment, commandEnvironment } from "../../../cli/terminal/child-environment.ts";

const secrets = { FLOTILLA_KEY: "flotilla-key:canary", FLOTILLA_REPOSITORY_PASSWORD: "canary" };

test("a program gets what it reads, and what is named", () => {
  const environment = {
    ...secrets,
    PATH: "/usr/bin",
    HTTPS_PROXY: "http://proxy.example:3128",
    TF_CLI_CONFIG_FILE: "/etc/terraform",
    KUBECONFIG: "/home/ada/.kube/config",
    DATABASE_PASSWORD: "canary",
    VAULT_ADDR: "https://vault.example",
    FLOTILLA_PASS: "VAULT_ADDR, FLOTILLA_KEY",
  };
  const common = {
    PATH: environment.PATH,
    HTTPS_PROXY: environment.HTTPS_PROXY,
    VAULT_ADDR: environment.VAULT_ADDR,
  };
  const { KUBECONFIG, TF_CLI_CONFIG_FILE } = environment;
  expect(childEnvironment("git", environment)).toEqual(common);
  expect(childEnvironment("/opt/bin/kubectl", environment)).toEqual({ ...common, KUBECONFIG });
  expect(childEnvironment("terraform", environment)).toEqual({
    ...common,
    KUBECONFIG,
    TF_CLI_CONFIG_FILE,
  });
  expect(childEnvironment("another", environment)).toEqual(common);
});

test("a command of the user's gets the user's environment without Flotilla's variables", () => {
  expect(commandEnvironment({ ...secrets, ANYTHING: "1", NONE: undefined })).toEqual({
    ANYTHING: "1",
  });
});

test("no variable of Flotilla's own reaches any program, whatever is asked for", () => {
  const name = fc.string().map((text) => `FLOTILLA_${text}`);
  const program = fc.constantFrom("git", "terraform", "kubectl", "gcloud", "other");
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), program, (own, child) => {
      const environment = { ...own, FLOTILLA_PASS: Object.keys(own).join(",") };
      expect(childEnvironment(child, environment)).toEqual({});
      expect(commandEnvironment(environment)).toEqual({});
    }),
  );
});
