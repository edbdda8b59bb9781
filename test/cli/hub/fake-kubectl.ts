/**
 * A hub of one test: a program called kubectl that keeps its objects as files, and a record of
 * everything that it was given. What a real API server does with the same requests is tested in
 * bootstrap-cluster.test.ts.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../temporary.ts";

export interface Call {
  readonly args: readonly string[];
  readonly input: string;
  /** As `env` prints it. */
  readonly environment: string;
}

export interface FakeHub {
  /** For the environment of the command. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every run of kubectl so far, in no order, without those that look at the kubeconfig. */
  readonly calls: () => readonly Call[];
  /** The process ids of those runs. */
  readonly processes: () => readonly number[];
  /** What is there, at a path of the API. */
  readonly object: (path: string) => FakeObject | undefined;
  readonly put: (path: string, object: object) => void;
  /** What `kubectl get --raw <path>` or `kubectl <path>` prints. */
  readonly answer: (path: string, text: string) => void;
  /** Whatever has this in its arguments fails like this, on standard error. */
  readonly fail: (argument: string, message: string) => void;
}

export interface FakeObject {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * @param context the current one of the kubeconfig
 * @param folder where it keeps its files, empty
 */
export function fakeHub(context: string, folder = temporaryFolder()): FakeHub {
  const place = (...names: readonly string[]) => join(folder, ...names);
  for (const name of ["calls", "objects", "failures"]) mkdirSync(place(name));
  writeFileSync(place("context"), context);
  writeFileSync(place("kubectl"), program);
  chmodSync(place("kubectl"), 0o755);
  const objectFile = (path: string) => place("objects", path, "object");
  const answer = (path: string, text: string) => {
    mkdirSync(dirname(objectFile(path)), { recursive: true });
    writeFileSync(objectFile(path), text);
  };
  const readCall = (call: string): Call => {
    const [args = "", input = "", environment = ""] = ["args", "input", "environment"].map((name) =>
      readFileSync(place("calls", call, name), "utf8"),
    );
    return { args: args.trimEnd().split("\n"), input, environment };
  };
  return {
    environment: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
    calls: () =>
      readdirSync(place("calls"))
        .map(readCall)
        .filter(({ args }) => !args.includes("config")),
    processes: () => readdirSync(place("calls")).map(Number),
    object(path) {
      const file = objectFile(path);
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as FakeObject) : undefined;
    },
    put: (path, object) => answer(path, JSON.stringify(object)),
    answer,
    fail(argument, message) {
      const failure = place("failures", encodeURIComponent(argument));
      mkdirSync(failure, { recursive: true });
      writeFileSync(join(failure, "argument"), argument);
      writeFileSync(join(failure, "message"), message);
    },
  };
}

/** In sh, because a process of Node takes a tenth of a second to start. */
const program = `#!/bin/sh
folder=\${0%/*}
call=$folder/calls/$$
mkdir -p "$call"
printf '%s\\n' "$@" >"$call/args"
env >"$call/environment"
: >"$call/input"
case " $* " in *" --filename=- "*) cat >"$call/input" ;; esac

for failure in "$folder"/failures/*/; do
  [ -e "$failure/argument" ] || continue
  case " $* " in
    *"$(cat "$failure/argument")"*)
      sed "s/{input}//" "$failure/message" >&2
      if grep -q "{input}" "$failure/message"; then cat "$call/input" >&2; fi
      exit 1 ;;
  esac
done

context=$(cat "$folder/context")
verb= raw= rest=
for argument in "$@"; do
  case $argument in
    --context=*) context=\${argument#--context=} ;;
    --raw) raw=yes ;;
    --*) ;;
    get|create|replace|delete|config|port-forward) [ -n "$verb" ] || verb=$argument; rest="$rest $argument" ;;
    *) path=$argument; rest="$rest $argument" ;;
  esac
done
[ -n "$raw" ] || path=\${rest# }
object=$folder/objects/$path/object

case $verb in
  port-forward)
    echo "Forwarding from 127.0.0.1:40123 -> 3128"
    # As one process, which the signal then reaches.
    exec sleep 600 ;;
  config)
    server='"cluster":{"server":"https://192.0.2.10"}'
    printf '{"current-context":"%s","clusters":[{%s}]}' "$context" "$server"
    exit ;;
  create)
    name=$(sed 's/.*"metadata":{"name":"\\([^"]*\\)".*/\\1/' "$call/input")
    object=$folder/objects/$path/$name/object
    if [ -e "$object" ]; then
      echo "Error from server (AlreadyExists): \\"$path/$name\\" is there" >&2
      exit 1
    fi
    mkdir -p "\${object%/*}"
    cp "$call/input" "$object"
    exit ;;
esac
if [ ! -e "$object" ]; then
  echo "Error from server (NotFound): \\"$path\\" not found" >&2
  exit 1
fi
case $verb in
  replace) cp "$call/input" "$object" ;;
  delete) rm "$object" ;;
  *) cat "$object" ;;
esac
`;
