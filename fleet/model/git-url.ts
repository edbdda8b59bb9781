/** `host:path` is SSH for git; a single letter before the colon is a drive of Windows. */
export function isUrl(remote: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(remote) || /^[^/\\:]{2,}:/.test(remote);
}
