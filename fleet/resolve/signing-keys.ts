/** The public keys of `repository.signing`, read from their files. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import { parseSigningKey } from "../keys/signing-key.ts";
import type { SigningKey } from "../model/fleet.ts";
import type { ReferencedFiles } from "./referenced-files.ts";

export interface SigningKeys {
  readonly keys: readonly SigningKey[];
  readonly mistakes: readonly Mistake[];
}

/** @param references undefined: no file is read, and there are no keys */
export function signingKeys(
  source: Source,
  { repository, workloads }: FleetInput,
  references?: ReferencedFiles,
): SigningKeys {
  if (repository.signing === undefined) return { keys: [], mistakes: [] };
  const mistakes = Object.keys(workloads).flatMap((name) =>
    workloads[name]?.chart === undefined
      ? []
      : [source.keyMistake(["workloads", name, "chart"], chartMessage)],
  );
  const keys: SigningKey[] = [];
  for (const [index, path] of repository.signing.keys.entries()) {
    const found = references?.read(path);
    if (found === undefined) continue;
    const at = ["repository", "signing", "keys", index];
    const key = "problem" in found ? found : parseSigningKey(found.text);
    if ("problem" in key) {
      mistakes.push(source.mistake(at, `${JSON.stringify(path)}: ${key.problem}.`));
    } else if (keys.some(({ fingerprint }) => fingerprint === key.fingerprint)) {
      const message = `${JSON.stringify(path)}: this key appears twice in this list. Delete one.`;
      mistakes.push(source.mistake(at, message));
    } else {
      keys.push(key);
    }
  }
  return { keys, mistakes };
}

const chartMessage =
  "Argo CD can't verify signatures where it renders a chart. Render the chart (helm template) and write manifests here, or delete repository.signing.";
