/** Names: which are valid, how a range of names expands, what is derived from a name. */

/** RFC 1123 label: what Kubernetes, DNS and host names all take. */
export const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** RFC 1123 subdomain, as Kubernetes names most objects. */
export const subdomainPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The rule of useradd(8). */
export const userNamePattern = /^[a-z_][a-z0-9_-]{0,31}$/;

/** A range has at most this many devices. */
const rangeDevicesMax = 10_000;
/** A fleet has at most this many devices, and its lock twice as many addresses. */
export const fleetDevicesMax = 20_000;

const rangePattern = /^([^{}]*)\{(\d+)\.\.(\d+)\}([^{}]*)$/;

/**
 * The device names of a key under `devices:`: one, or each of a range such as `store-{0001..0200}`;
 * for an invalid key, a message that says what to write.
 */
export function expandName(pattern: string): readonly string[] | string {
  const problem = nameProblem(pattern);
  if (problem !== undefined) return problem;
  const range = rangePattern.exec(pattern);
  if (range === null) return [pattern];
  const [, head = "", low = "", high = "", tail = ""] = range;
  const names: string[] = [];
  for (let number = BigInt(low); number <= BigInt(high); number++) {
    names.push(`${head}${String(number).padStart(low.length, "0")}${tail}`);
  }
  return names;
}

/** The names of a name or a range; none if it is not valid. */
export function namesOfPattern(pattern: string): readonly string[] {
  const names = expandName(pattern);
  return typeof names === "string" ? [] : names;
}

/** Whether a valid key of `devices` is one device: a name, or a range like `store-{02..02}`. */
export function isOneDevice(pattern: string): boolean {
  const [first, last] = endsOf(pattern);
  return last === undefined || first === last;
}

/** What is wrong with a name or a range, without its names: thousands of ranges can have millions of them. */
function nameProblem(pattern: string): string | undefined {
  const range = rangePattern.exec(pattern);
  if (range === null && /[{}]/.test(pattern)) {
    return `"${pattern}" is not a valid range. Write one pair of braces with two numbers, like store-{0001..0200}.`;
  }
  const problem =
    range === null ? undefined : rangeProblem(pattern, range[2] ?? "", range[3] ?? "");
  if (problem !== undefined) return problem;
  const bad = endsOf(pattern).find((name) => !labelPattern.test(name));
  return bad === undefined ? undefined : notALabel(bad);
}

/** The first and the last name of a range, or the name itself. */
function endsOf(pattern: string): readonly string[] {
  const [, head = "", low = "", high = "", tail = ""] = rangePattern.exec(pattern) ?? [];
  if (low === "") return [pattern];
  return [low, high].map(
    (number) => `${head}${String(BigInt(number)).padStart(low.length, "0")}${tail}`,
  );
}

/** Why a key of `devices` is invalid or reserved; undefined if it is neither. */
export function deviceNameProblem(pattern: string): string | undefined {
  // A range with a reserved name that has a number ends with one.
  return (
    nameProblem(pattern) ??
    endsOf(pattern)
      .map(reservedName)
      .find((each) => each !== undefined)
  );
}

function rangeProblem(pattern: string, low: string, high: string): string | undefined {
  const swapped = pattern.replace(`{${low}..${high}}`, `{${high}..${low}}`);
  // The numbers can have any length: more than 63 digits are not a name.
  if (Math.max(low.length, high.length) > 63) {
    return `the numbers of this range have more than 63 digits. Write shorter ones.`;
  }
  if (BigInt(low) > BigInt(high)) {
    return `the range "${pattern}" is reversed. Write ${swapped}.`;
  }
  if (low.length !== high.length && (low.startsWith("0") || high.startsWith("0"))) {
    const wide = low.padStart(high.length, "0");
    const narrow = high.padStart(low.length, "0");
    return `the two numbers of the range "${pattern}" have different widths. Write {${wide}..${narrow}}.`;
  }
  const count = BigInt(high) - BigInt(low) + 1n;
  if (count > BigInt(rangeDevicesMax)) {
    return `the range "${pattern}" has ${count} devices. Write ranges of at most ${rangeDevicesMax} devices.`;
  }
  return undefined;
}

export function notALabel(name: string): string {
  return (
    `"${name}" is not a valid DNS label. Write 1 to 63 lower-case letters, digits and hyphens, ` +
    `with a letter or digit at both ends.`
  );
}

/**
 * The DNS name by which the hub verifies a device's API server. `.internal` is reserved for private
 * use (ICANN, 2024): no public name server answers for it.
 *
 * A certificate authority that may sign for a name may sign for all names below it. So the name of
 * a later generation is not below that of the first: a lost image cannot pretend to be the new one.
 */
export function serverName(fleet: string, device: string, generation: number): string {
  const ofGeneration = generation === 1 ? "" : `.g${generation}`;
  return `${device}${ofGeneration}.${fleet}.internal`;
}

/** The fleet in the DNS name of a device; undefined if it is not one. */
export function fleetOfServerName(name: string): string | undefined {
  return /^[^.]+\.(?:g\d+\.)?([^.]+)\.internal$/.exec(name)?.[1];
}

/** DNS names that every device's API server has: K3s adds them. */
export const sharedHostNames: readonly string[] = [
  "localhost",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/** Names that the certificates of every device are valid for, by their last label. */
const sharedEndings = new Map([
  ["internal", "<device>.<fleet>.internal"],
  ...sharedHostNames.map((name) => [name.split(".").at(-1) ?? name, name] as const),
]);

/**
 * Secrets of Argo CD and of the hub beside the registrations of devices, which have the devices' names; and
 * the name by which Argo CD knows the hub itself.
 */
const argoCdNames =
  /^(argocd-.*|chart-login-[0-9a-f]{12}|fleet-client|fleet-repository|hub-client-ca(-g\d+)?|in-cluster)$/;

/**
 * Why a device cannot have a name although it is a valid label, as a message that says what to
 * write; undefined if it can.
 *
 * A device's own certificate authority may sign for the device's name and for all names below it
 * (RFC 5280, section 4.2.1.10). None of these may be a name of another device.
 */
function reservedName(name: string): string | undefined {
  if (argoCdNames.test(name)) {
    return `"${name}" cannot be the name of a device: Argo CD or the hub has a Secret or a cluster of this name. Write another name.`;
  }
  const isGeneration = /^g([2-9]|[1-9][0-9]+)$/.test(name);
  const other = isGeneration ? `<device>.${name}.<fleet>.internal` : sharedEndings.get(name);
  if (other === undefined) return undefined;
  return `"${name}" cannot be the name of a device: its certificates would also be valid for other devices (${other}). Write another name.`;
}

/** The candidate that was most likely meant, or undefined if none is similar. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const reach = Math.max(1, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > reach) continue;
    // Swapped letters are one slip.
    const distance = lettersOf(word) === lettersOf(candidate) ? 1 : editDistance(word, candidate);
    if (distance <= reach && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

function lettersOf(word: string): string {
  return [...word].toSorted().join("");
}

/** Levenshtein distance in UTF-16 code units. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
