/** The order of the files of tests: what takes minutes starts first, so that nothing of it runs alone at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests of whole commands and of real tools. Vitest starts the largest files first, which says little about them. */
const slow =
  /\/test\/(?:browser|emulator|fuzz|google|path)\/|-(?:canaries|cluster|hostile|limits|running)\.test\.ts$/;

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not of an array
    const sorted = await super.sort(files);
    // A project's files stay together: they share their processes.
    const names = [...new Set(sorted.map(({ project }) => project.name))];
    return names.flatMap((name) => {
      const own = sorted.filter(({ project }) => project.name === name);
      const isSlow = ({ moduleId }: TestSpecification) => slow.test(moduleId);
      return [...own.filter(isSlow), ...own.filter((file) => !isSlow(file))];
    });
  }
}
