/**
 * The images of what the state repository has for devices. A version that there has never been gets the
 * image of the one before: the stand-in says nothing of its version.
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
  /** What is in the archive. */
  contents(): readonly ImageContent[];
  /** Names that are new in `dist`, each after one that is in the archive. */
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
  return {
    archive: async () => {
      const references = wanted();
      for (const one of references) known.set(nameOf(one), nameOf(one));
      const images = await makeImages(folder, [nameServerImage, ...references]);
      contents = images.contents;
      return images.archive;
    },
    contents: () => contents,
    newNames: () =>
      wanted()
        .filter((one) => !known.has(nameOf(one)))
        .map((one) => {
          const from = [...known.keys()].find((old) => repositoryOf(old) === repositoryOf(one));
          if (from === undefined) throw new Error(`no image to name ${one}`);
          known.set(nameOf(one), from);
          return [from, nameOf(one)] as const;
        }),
  };
}
