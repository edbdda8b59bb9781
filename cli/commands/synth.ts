/** `flotilla synth`: makes everything that follows from the fleet file. */
import { Command, Option } from "commander";
import type { Part } from "../project/synthesis.ts";
import {
  formatJson,
  formatTable,
  type GlobalOptions,
  print,
  type Session,
} from "../terminal/session.ts";

interface SynthOptions extends GlobalOptions {
  readonly only?: Part;
  readonly pruneLock?: boolean;
}

export function synthCommand(session: Session): Command {
  return new Command("synth")
    .summary("make dist/infra, dist/gitops and dist/edge from the fleet file")
    .description(
      "Makes Terraform JSON for the hub (dist/infra), the state of hub and devices for Argo CD\n" +
        "(dist/gitops) and the operating system of each device (dist/edge/<device>). It writes only\n" +
        "files that differ, and removes only files that Flotilla wrote. New devices get a tunnel\n" +
        "address and a public key in the lock (fleet.lock.yaml). Commit the lock.\n" +
        "\n" +
        "Without the root key, as in CI, it makes dist/infra and dist/gitops with the public keys in\n" +
        "the lock and the publishing key (flotilla keygen --publishing).",
    )
    .addOption(
      new Option("--only <part>", "make one part only").choices(["infra", "gitops", "edge"]),
    )
    .option(
      "--prune-lock",
      "release the addresses of removed devices, so that new devices can get them",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla synth
  $ flotilla synth --only gitops && ls dist/gitops
  $ flotilla synth --json | jq .parts`,
    )
    .action(async (_options: unknown, command: Command) => {
      const [{ loadProject }, { parts, purposes, synthesize }] = await Promise.all([
        import("../project/project.ts"),
        import("../project/synthesis.ts"),
      ]);
      const options = command.optsWithGlobals<SynthOptions>();
      const project = await loadProject(options.fleet, session, {
        pruneLock: options.pruneLock ?? false,
        makes: options.only ? purposes[options.only] : "state",
      });
      const all = parts.filter((part) => part !== "edge" || project.hasKey);
      const wanted = options.only ? [options.only] : all;
      if (options.only === undefined && !project.hasKey) {
        session.progress("dist/edge is not made: it needs the root key");
      }
      const reports = await synthesize(project, wanted, session);
      const rows = reports.map(({ folder, files, written, removed, seconds }) => {
        return [folder, files, written, removed, seconds];
      });
      print(
        session,
        options.json
          ? formatJson({ fleet: project.fleet.name, parts: reports })
          : formatTable([["made", "files", "written", "removed", "seconds"], ...rows]),
      );
    });
}
