/** The names of arguments, compared with the real program. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  reservedApiServerArguments,
  reservedKubeletArguments,
} from "../../../fleet/grammar/k3s-arguments.ts";
import {
  apiServerArgumentNames,
  kubeletArgumentNames,
} from "../../../fleet/grammar/kubernetes-arguments.ts";
import { peerPath } from "../../peers/peers.ts";

const kubernetes = peerPath("kubernetes-1.36.3-2");

describe.skipIf(kubernetes === undefined)("kube-apiserver 1.36.3 (needs it)", () => {
  test("has every argument of the list, but two of older releases", () => {
    const { stdout } = spawnSync(kubernetes ?? "", ["--help"], {
      argv0: "kube-apiserver",
      encoding: "utf8",
    });
    const real = [...stdout.matchAll(/^ +(?:-[a-z], )?--([a-z0-9-]+)/gm)].map(([, name]) => name);
    expect(real.length).toBeGreaterThan(150);
    const missing = real.filter((name = "") => !apiServerArgumentNames.has(name));
    expect(missing.toSorted()).toEqual(["help", "version"]);
    const others = [...apiServerArgumentNames].filter((name) => !real.includes(name));
    expect(others).toEqual(["apiserver-count", "default-watch-cache-size"]);
  });
});

test("what people set has a name in the lists, and nothing twice", () => {
  for (const name of "max-pods image-gc-high-threshold eviction-hard system-reserved v".split(
    " ",
  )) {
    expect(kubeletArgumentNames).toContain(name);
  }
  for (const name of "event-ttl feature-gates oidc-issuer-url max-requests-inflight".split(" ")) {
    expect(apiServerArgumentNames).toContain(name);
  }
  const refused = [...reservedKubeletArguments.keys()].filter(
    (name) => !kubeletArgumentNames.has(name),
  );
  // Releases before 1.33 have it.
  expect(refused).toEqual(["containerd"]);
  const old = [...reservedApiServerArguments.keys()].filter(
    (name) => !apiServerArgumentNames.has(name),
  );
  // K3s has an advertise-port of its own.
  expect(old).toEqual(["advertise-port", "insecure-port"]);
});
