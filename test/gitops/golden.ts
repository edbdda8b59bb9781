/**
 * A file of the state repository as a golden shows it. The text of a bundled program is left out: its
 * source is what a reviewer reads, and the digest in the pod's annotation says that it changed.
 */
export function withoutPrograms(text: string | undefined): string | undefined {
  return text?.replace(/^( +)([a-z-]+\.mjs): \|\n(?:\1 +.*\n|\n)+/gm, "$1$2: (bundled)\n");
}
