/** Reads the secrets of devices that fleet.yaml refers to: files and environment variables. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { readTextFile } from "../../fleet/files/text-file.ts";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { secretForms } from "../../fleet/grammar/secret-forms.ts";
import type { Device } from "../../fleet/model/device.ts";
import type { RegistryHost } from "../../fleet/model/registries.ts";
import {
  outsideSecret,
  secretId,
  secretReferences,
  type OutsideSecrets,
  type SecretReference,
} from "../../fleet/model/secret-reference.ts";
import { withholdVariables } from "../terminal/child-environment.ts";
import { keepSecret } from "../terminal/known-secrets.ts";
import type { Session } from "../terminal/session.ts";

const bytesMax = 2 ** 16;

/** Keeps the variables that a fleet names as secrets from the programs that Flotilla starts. */
export function withholdSecrets(devices: readonly Device[]): void {
  // The devices of a site can have one machine.
  const machines = new Set(devices.map(({ machine }) => machine));
  for (const { from, name } of [...machines].flatMap(secretReferences)) {
    if (from === "env") withholdVariables([name]);
  }
}

/**
 * Reads the secrets of devices: each of them once, because the devices of a site have the same ones. A line
 * break at the end of a file is not part of its secret.
 *
 * @param directory of the fleet file
 */
export function outsideSecretReader(
  directory: string,
  environment: Session["environment"],
): (device: Device, standIn?: string) => OutsideSecrets {
  const known = new Map<string, Found>();
  const read = (reference: SecretReference): Found => {
    const id = secretId(reference);
    const found = known.get(id) ?? readSecret(reference, directory, environment);
    if (!known.has(id) && "secret" in found) keepSecret(found.secret);
    known.set(id, found);
    return found;
  };
  return (device, standIn) => secretsOf(device, read, standIn);
}

/**
 * @param standIn for each secret that cannot be read @default it is a mistake
 * @throws InputError with every secret that cannot be read, at the place that refers to it
 */
function secretsOf(
  device: Device,
  read: (reference: SecretReference) => Found,
  standIn?: string,
): OutsideSecrets {
  const secrets = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const reference of secretReferences(device.machine)) {
    const found = read(reference);
    if (standIn !== undefined) secrets.set(secretId(reference), standIn);
    if ("problem" in found) {
      mistakes.push({ ...reference.place, message: found.problem });
      continue;
    }
    if (reference.form === "proxy-login") keepSecret(found.secret.replace(/^[^:]*:/, ""));
    const problem = secretForms[reference.form](found.secret);
    if (problem !== undefined) {
      const { from, name } = reference;
      const where = from === "env" ? `the variable ${name}` : `the file ${JSON.stringify(name)}`;
      mistakes.push({ ...reference.place, message: `${where} ${problem}` });
      continue;
    }
    secrets.set(secretId(reference), found.secret);
  }
  if (standIn !== undefined) return secrets;
  if (mistakes.length === 0) mistakes.push(...pairMistakes(device, secrets));
  if (mistakes.length > 0) throw new InputError(mistakes);
  return secrets;
}

/** With the key of another certificate, a registry refuses every request. */
function pairMistakes({ machine }: Device, secrets: OutsideSecrets): readonly Mistake[] {
  return (machine?.registries?.hosts ?? []).flatMap(({ host, client }) => {
    if (client === null || belongTogether(client, secrets)) return [];
    const message = `this is not the key of the client certificate. Write the pair that ${host} expects.`;
    return [{ ...client.key.place, message }];
  });
}

function belongTogether(
  { certificate, key }: NonNullable<RegistryHost["client"]>,
  secrets: OutsideSecrets,
): boolean {
  try {
    const found = new X509Certificate(outsideSecret(secrets, certificate));
    return found.checkPrivateKey(createPrivateKey(outsideSecret(secrets, key)));
  } catch {
    // Only containerd knows what it is.
    return true;
  }
}

type Found = { readonly secret: string } | { readonly problem: string };

function readSecret(
  { from, name, form }: SecretReference,
  directory: string,
  environment: Session["environment"],
): Found {
  if (from === "env") {
    const secret = environment[name] ?? "";
    return secret === "" ? { problem: `the variable ${name} is not set. Set it.` } : { secret };
  }
  const found = readTextFile(resolve(directory, name), bytesMax);
  if ("problem" in found) {
    // DER is not a text.
    if (found.line !== undefined && form === "pem") {
      return { problem: `the file ${JSON.stringify(name)} ${secretForms.pem("")}` };
    }
    return { problem: `${found.problem}: ${JSON.stringify(name)}. Write the secret to this file.` };
  }
  // Editors on Windows write a byte order mark.
  const secret = found.text.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
  return secret === ""
    ? { problem: `this file is empty: ${JSON.stringify(name)}. Write the secret to it.` }
    : { secret };
}
