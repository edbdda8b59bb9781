/** The public keys of `repository.signing`, read from their files. */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";
import { parseSigningKey } from "../keys/signing-key.ts";
import type { SigningKey } from "../model/fleet.ts";
import { inTextForm, type ReferencedFiles } from "../model/referenced-files.ts";

export interface SigningKeys {
  readonly keys: readonly SigningKey[];
  readonly mistakes: readonly Mistake[];
}

/** @param references undefined: no file is read, and there are no keys */
export function signingKeys(
  source: Source,
  { repository, workloads, argocd }: FleetInput,
  references?: ReferencedFiles,
): SigningKeys {
  if (repository.signing === undefined) return { keys: [], mistakes: [] };
  const mistakes = Object.keys(workloads).flatMap((name) =>
    workloads[name]?.chart === undefined
      ? []
      : [source.keyMistake(["workloads", name, "chart"], chartMessage)],
  );
  for (const path of againstSignatures(argocd.values, ["argocd", "values"])) {
    mistakes.push(source.keyMistake(path, valuesMessage));
  }
  const keys: SigningKey[] = [];
  for (const [index, path] of repository.signing.keys.entries()) {
    if (references === undefined) continue;
    const found = inTextForm(path, references.read(path));
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

const switchName = "ARGOCD_GPG_ENABLED";

/** Where Argo CD's values turn the verification off, or change its key ring. */
function againstSignatures(value: unknown, path: Path): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value).map(([key, inner]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const place = at.slice(2).join(".");
    const isRing = place === "configs.gpg" || place === "repoServer.existingVolumes.gpgKeyring";
    // `env: [{ name, value }]`, or a mapping with the name as the key.
    return isRing || key === switchName || inner === switchName
      ? [at]
      : againstSignatures(inner, at);
  });
  return entries.flat();
}

const valuesMessage =
  "repository.signing needs Argo CD's verification with the keys there, and this changes it. Delete this, or delete repository.signing.";

const chartMessage =
  "Argo CD can't verify signatures where it renders a chart. Render the chart (helm template) and write manifests here, or delete repository.signing.";
