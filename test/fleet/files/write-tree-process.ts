/** Writes a tree of many files; a test kills this process in the middle. */
import { writeTree } from "../../../fleet/files/output-folder.ts";

const [directory = "", filesCount = "0", content = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
writeTree(directory, manyFiles(Number(filesCount), content), { mode: 0o600 });

function* manyFiles(count: number, word: string): Generator<readonly [string, string]> {
  for (let index = 0; index < count; index++) {
    yield [`folder-${index % 7}/file-${index}.yaml`, `${word} ${index}\n`.repeat(2000)];
  }
}
