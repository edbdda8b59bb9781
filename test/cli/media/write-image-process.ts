/** Writes an image again and again; a test kills this process in the middle. */
import { dirname } from "node:path";
import { copySource } from "../../../cli/media/file-copy.ts";
import { writeImage } from "../../../cli/media/image-writer.ts";

const [base = "", output = "", word = ""] = process.argv.slice(2);
const source = copySource(base, dirname(base));
process.stdout.write("ready\n");
while (true) await writeImage(source, output, [{ offset: 4_096, bytes: Buffer.from(word) }]);
