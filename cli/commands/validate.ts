/** `flotilla validate`: checks the fleet file. */
import { Command } from "commander";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { count, formatJson, print, shownPath } from "../terminal/session.ts";
import type { GlobalOptions, Session } from "../terminal/session.ts";

export function validateCommand(session: Session): Command {
  return new Command("validate")
    .summary("check the fleet file and its lock")
    .description(
      "Reads the fleet file and its lock and reports all mistakes at once, each with its line, the\n" +
        "value found and what to write. Workloads are rendered, your own add-ons and Terraform are\n" +
        "made, and the types of your own code are checked if its sources changed. It changes no file\n" +
        "of yours and needs no key, so you can run it in a commit hook or in CI. While nothing that it\n" +
        "read has changed, it prints its last result.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla validate
  $ flotilla validate --fleet staging/fleet.yaml
  $ flotilla validate --json | jq -r '.mistakes[].message'`,
    )
    .action(async (_options: unknown, command: Command) => {
      const { hasRootKey, loadWithoutKey } = await import("../project/project.ts");
      const { fleet: file, json } = command.optsWithGlobals<GlobalOptions>();
      // Where the root key is, the next synth adds missing public keys; elsewhere nothing does.
      const addsKeys = hasRootKey(fleetFilesOf(file), session);
      const loaded = await loadWithoutKey(file, { publicKeys: !addsKeys });
      const { fleet, files, lockChanged } = loaded;
      const { checkAdditions } = await import("../project/snippet-check.ts");
      await checkAdditions(loaded, session);
      const { noteChartPins } = await import("../project/chart-notes.ts");
      await noteChartPins(loaded, session);
      const { checkTypes } = await import("../project/type-check.ts");
      await checkTypes(loaded.ownCode, session);
      const { checkWorkloads } = await import("../project/workload-check.ts");
      await checkWorkloads(loaded, session);
      const { checkOwnConstructs } = await import("../project/own-construct-check.ts");
      await checkOwnConstructs(loaded);
      const { name, devices, workloads, rings } = fleet;
      const contents = [
        count(devices.length, "device"),
        count(workloads.length, "workload"),
        count(rings.length, "ring"),
      ].join(", ");
      if (lockChanged) session.progress(`The next synth will write ${shownPath(files.lockFile)}`);
      print(
        session,
        json
          ? formatJson({
              fleet: name,
              devices: devices.length,
              workloads: workloads.length,
              rings: rings.length,
              lockChanged,
              mistakes: [],
            })
          : `${file}: fleet ${name} is fine: ${contents}\n`,
      );
    });
}
