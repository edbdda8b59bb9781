/** Git repositories on GitHub, by their URLs. */

export interface GitHubRepository {
  /** A user or an organization. */
  readonly owner: string;
  readonly name: string;
}

/** The repository on github.com of a Git URL, or undefined for another server. */
export function githubRepository(url: string): GitHubRepository | undefined {
  const [, owner, name] =
    /^(?:https:\/\/(?:[^/@]+@)?github\.com\/|(?:ssh:\/\/)?git@github\.com[:/])([A-Za-z0-9-]+)\/([A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(
      url,
    ) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name };
}
