/**
 * A Helm chart as the source of an Application.
 *
 * A chart of an OCI registry is read as an OCI artifact (`oci://`, path `.`), not as a chart with a
 * `repoURL` without a scheme: only so may `targetRevision` be a digest, alone or behind a tag, which is
 * then ignored (Argo CD 3.4.4: docs/user-guide/oci.md; util/oci/client.go, resolveRevision; oras-go 2,
 * registry/remote/repository.go, ParseReference; argo-cd issue 25078 for the other form). Values of
 * another source (`$values`) work as they do for a chart repository.
 */
import { chartSourceUrl, chartTag, isRegistry } from "../../fleet/model/chart-repository.ts";
import type { ChartPlace } from "../../fleet/model/chart-repository.ts";
import type { ApplicationSpecSource } from "../imports/argoproj.io.ts";

export interface ChartSourceProps extends ChartPlace {
  /** The exact version; of a chart in a registry, `@` and the digest of its manifest may follow. */
  readonly version: string;
  /**
   * SHA-256 that the lock pins. Argo CD compares it for charts of a registry only.
   * @default the one in `version`, if any
   */
  readonly digest?: string;
}

export function chartSource(props: ChartSourceProps) {
  const { name, version, digest } = props;
  const repoUrl = chartSourceUrl(props);
  if (!isRegistry(props.repository)) {
    return { chart: name, repoUrl, targetRevision: version } satisfies ApplicationSpecSource;
  }
  const tag = chartTag(version);
  const targetRevision = digest === undefined ? tag : `${tag}@sha256:${digest}`;
  return { path: ".", repoUrl, targetRevision } satisfies ApplicationSpecSource;
}
