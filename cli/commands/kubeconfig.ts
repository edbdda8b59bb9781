/** `flotilla kubeconfig`: gives access to one device. */
import { Command, InvalidArgumentError } from "commander";
import { ToolExit } from "../../fleet/files/operation-error.ts";
import { checkOutput } from "../project/named-output.ts";
import type { HubOptions } from "../hub/kubectl/kubectl.ts";
import {
  formatJson,
  type GlobalOptions,
  print,
  type Session,
  shownPath,
} from "../terminal/session.ts";
import { proxyPort } from "../../fleet/model/contract.ts";

interface KubeconfigOptions extends GlobalOptions, HubOptions {
  readonly hours: number;
  readonly port: number;
  readonly output?: string;
  readonly stdout?: boolean;
}

const hoursMax = 24;

export function kubeconfigCommand(session: Session): Command {
  return new Command("kubeconfig")
    .summary("make a short-lived admin kubeconfig for one device")
    .description(
      "Makes a kubeconfig with all rights on one device, valid for an hour, from the root key. It works\n" +
        "even if Argo CD or cert-manager do not. The connection uses the gateway's proxy on the hub,\n" +
        "so your own kubectl must reach the hub. It needs no SSH and no open port at the site. The\n" +
        "device's audit log records what you do as flotilla:<your login>.\n" +
        "\n" +
        "With a command after --, Flotilla connects, runs the command with KUBECONFIG set, and removes\n" +
        "the kubeconfig. Otherwise it writes dist/kubeconfig/<device>.yaml, readable by you only, and\n" +
        "prints how to use it.",
    )
    .usage("[options] <device> [-- command...]")
    .argument("<device...>", "a device of the fleet, store-0001; after --, a command to run")
    .option("--hours <number>", `how long it is valid, at most ${hoursMax}`, hours, 1)
    .option("--port <number>", "the port on this machine for the gateway's proxy", port, proxyPort)
    .option("--output <file>", "where to write it")
    .option("--stdout", "write it to standard output, not to the disk")
    .option("--kubeconfig <file>", "the kubeconfig of the hub (default: kubectl's own choice)")
    .option("--context <name>", "the context of the hub (default: the current one)")
    .addHelpText(
      "after",
      `
Examples:
  $ flotilla kubeconfig store-0001 -- kubectl get pods --all-namespaces
  $ flotilla kubeconfig store-0001 -- sh        a shell in which kubectl uses the device
  $ flotilla kubeconfig store-0001 --hours 8
  $ flotilla kubeconfig store-0001 --json | jq -r .notAfter

Set $KUBECTL to use another kubectl than the one on the PATH.`,
    )
    .action(async (words: readonly string[], _: unknown, command: Command) => {
      const options = command.optsWithGlobals<KubeconfigOptions>();
      const [device = "", program, ...args] = words;
      const { output, fleet } = options;
      if (output !== undefined) checkOutput("--output", output, fleet, command);
      if (program !== undefined) {
        if (options.stdout || options.output) {
          command.error("error: with a command after --, no kubeconfig is written");
        }
        await runCommand(device, [program, ...args], options, session);
      } else if (options.stdout && (options.output ?? options.json)) {
        command.error("error: --stdout can't be used with --output or --json");
      } else {
        await keepKubeconfig(device, options, session);
      }
    });
}

async function runCommand(
  name: string,
  words: readonly [string, ...string[]],
  options: KubeconfigOptions,
  session: Session,
): Promise<void> {
  const [{ grantAccess }, { runAtDevice }] = await Promise.all([
    import("../hub/kubeconfig/device-access.ts"),
    import("../hub/kubeconfig/device-session.ts"),
  ]);
  const { fleet, device, credentials } = await grantAccess(
    options.fleet,
    name,
    options.hours,
    session,
  );
  const code = await runAtDevice(fleet, device, credentials, words, options, session);
  if (code !== 0) throw new ToolExit(code);
}

async function keepKubeconfig(
  device: string,
  options: KubeconfigOptions,
  session: Session,
): Promise<void> {
  const { grantAccess, kubeconfigText, usageCommands, writeKubeconfig } =
    await import("../hub/kubeconfig/device-access.ts");
  const granted = await grantAccess(options.fleet, device, options.hours, session);
  const text = kubeconfigText(granted, options.port);
  const { user, notAfter } = granted.access;
  const file = options.stdout ? "FILE" : (options.output ?? granted.path);
  if (options.stdout) session.out(text);
  else {
    const path = writeKubeconfig(file, text, options.output !== undefined);
    const result = { device, path, user, notAfter: notAfter.toISOString() };
    print(session, options.json ? formatJson(result) : `Wrote ${path}\n`);
  }
  const until = notAfter.toISOString().replace("T", " ").replace(".000Z", " UTC");
  session.progress(
    `It gives all rights on ${device} to anybody who has it, until ${until}. Use it:`,
  );
  if (notAfter.getTime() === new Date(granted.fleet.certificates.notAfter).getTime()) {
    session.progress("The fleet's certificates end then: certificates.notAfter in fleet.yaml.");
  }
  for (const line of usageCommands(granted, shownPath(file), options.port, options)) {
    session.progress(`  ${line}`);
  }
}

function hours(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= hoursMax) return number;
  throw new InvalidArgumentError(
    `Expected a number of hours, at most ${hoursMax}; 0.5 is half an hour.`,
  );
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new InvalidArgumentError("Expected a port from 1 to 65535.");
}
