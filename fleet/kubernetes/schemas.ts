/** The schemas of Kubernetes' own kinds, by minor version; test/peers/kubernetes-schemas.ts makes the file. */
import { brotliDecompressSync } from "node:zlib";
import bundled from "./schemas.json" with { type: "json" };

/** See test/peers/kubernetes-schemas.ts. */
export type FieldType = string | number | readonly ["l" | "m", FieldType];

export interface Definition {
  readonly p: Readonly<Record<string, FieldType>>;
  readonly r?: readonly string[];
}

export interface Schemas {
  /** Definition of each `group/version/Kind`. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly definitions: readonly Definition[];
}

/** The minor versions of Kubernetes that have schemas, ascending: `1.36`. */
export const kubernetesMinors: readonly string[] = bundled.kubernetes.map(minorOf);

export const newestMinor = kubernetesMinors.at(-1) ?? "";

/** The minor version of Kubernetes in a release of K3s, `1.36` of `v1.36.4+k3s1`. */
export function minorOfRelease(release: string): string | undefined {
  return /^v(\d+\.\d+)\./.exec(release)?.[1];
}

/** The minor versions whose schemas are used for devices of these releases; the nearest if it has none. */
export function checkedMinors(releases: Iterable<string>): readonly string[] {
  const minors = [...releases].flatMap((release) => {
    const minor = minorOfRelease(release);
    if (minor === undefined) return [];
    return [
      kubernetesMinors.findLast((each) => isAtMost(each, minor)) ?? kubernetesMinors[0] ?? "",
    ];
  });
  return kubernetesMinors.filter((each) => minors.includes(each));
}

function isAtMost(minor: string, other: string): boolean {
  const [[major = 0, number = 0], [otherMajor = 0, otherNumber = 0]] = [
    minor.split(".").map(Number),
    other.split(".").map(Number),
  ] as const;
  return major < otherMajor || (major === otherMajor && number <= otherNumber);
}

function minorOf(version: string): string {
  return version.replace(/\.\d+$/, "");
}

let unpacked: readonly Schemas[] | undefined;

/**
 * Unpacked at the first use: most fleets have no manifests.
 *
 * @param minor one of `kubernetesMinors`
 */
export function kubernetesSchemas(minor: string): Schemas {
  const bytes = () => brotliDecompressSync(Buffer.from(bundled.data, "base64"));
  unpacked ??= JSON.parse(bytes().toString()) as readonly Schemas[];
  const schemas = unpacked[kubernetesMinors.indexOf(minor)];
  if (schemas === undefined) throw new Error(`there are no schemas of Kubernetes ${minor}`);
  return schemas;
}
