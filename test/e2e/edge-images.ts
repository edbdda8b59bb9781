/**
 * The images of the workloads in the state repository. A version that the test invents gets the image of the
 * version before it: the stand-in does not show its version.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeImages, type ImageContent } from "./nodes/images.ts";
import { imagesOf } from "./nodes/manifests.ts";
import { nameServerImage } from "./nodes/node.ts";
import { nameOf, repositoryOf } from "./nodes/oci-archive.ts";
import type { Project } from "./project.ts";

export interface EdgeImages {
  /** Makes the archive of all that `dist` asks for. @returns its path */
  archive(): Promise<string>;
  /** The same of the repositories that are new in `dist`. @returns its path, if there are any */
  addedArchive(): Promise<string | undefined>;
  /** What is in the archives. */
  contents(): readonly ImageContent[];
  /** Names that are new in `dist`, each after one that is in an archive. */
  newNames(): readonly (readonly [from: string, to: string])[];
}

export function edgeImages(folder: string, project: Project): EdgeImages {
  const known = new Map<string, string>();
  let contents: readonly ImageContent[] = [];
  const wanted = () => {
    const state = join(project.folder, "dist/gitops/edge");
    const files = readdirSync(state, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".yaml"),
    );
    return [...new Set(imagesOf(...files.map((file) => readFileSync(join(state, file), "utf8"))))];
  };
  const sameRepository = (reference: string) =>
    [...known.keys()].find((old) => repositoryOf(old) === repositoryOf(reference));
  return {
    archive: async () => {
      const references = wanted();
      for (const one of references) known.set(nameOf(one), nameOf(one));
      const images = await makeImages(folder, [nameServerImage, ...references]);
      contents = images.contents;
      return images.archive;
    },
    addedArchive: async () => {
      const references = wanted().filter((one) => sameRepository(one) === undefined);
      if (references.length === 0) return undefined;
      for (const one of references) known.set(nameOf(one), nameOf(one));
      const images = await makeImages(folder, references);
      const old = new Set(contents.map(({ repository }) => repository));
      contents = [...contents, ...images.contents.filter((one) => !old.has(one.repository))];
      return images.archive;
    },
    contents: () => contents,
    newNames: () =>
      wanted()
        .filter((one) => !known.has(nameOf(one)))
        .map((one) => {
          const from = sameRepository(one);
          if (from === undefined) throw new Error(`no image to name ${one}`);
          known.set(nameOf(one), from);
          return [from, nameOf(one)] as const;
        }),
  };
}
