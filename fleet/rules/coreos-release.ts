/**
 * The age of a release of Fedora CoreOS: `44.20260707.3.1` was built on 7 July 2026. A stream has a new
 * one every two weeks.
 */

/**
 * From this age on, an installed release means that the device does not update itself: the stream's
 * newest is two weeks old at the most, and a rollout with its maintenance windows takes less than six.
 * So the age against today is the distance to the stream's newest release and at most two weeks more. A
 * release that is known to be in the stream (the lock's, or that of another device) is never younger than
 * today, so it would show nothing earlier.
 */
export const outdatedAfterDays = { default: 56, min: 21, max: 365 } as const;

/**
 * The day of a release in seconds since 1970; undefined if the text is not a release. A device's
 * os-release names the variant after it: `VERSION="44.20260707.3.1 (CoreOS)"`.
 */
export function releaseSeconds(release: string): number | undefined {
  const [, year, month, day] =
    /^\d+\.(\d{4})(\d\d)(\d\d)\.[\w.]+(?: \([^()]*\))?$/.exec(release) ?? [];
  if (year === undefined) return undefined;
  const milliseconds = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const read = new Date(milliseconds).toISOString();
  return read.startsWith(`${year}-${month}-${day}`) ? milliseconds / 1000 : undefined;
}
