/** Writes an image again and again; a test kills this process in the middle. */
import { dirname } from "node:path";
import { planCopies } from "../../../cli/media/copy.ts";
import { writeImage } from "../../../cli/media/image-file.ts";

const [base = "", output = "", word = ""] = process.argv.slice(2);
const plan = planCopies(base, dirname(base));
process.stdout.write("ready\n");
while (true) await writeImage(plan, output, [{ offset: 4_096, bytes: Buffer.from(word) }]);
