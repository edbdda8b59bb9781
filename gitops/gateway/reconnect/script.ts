/**
 * The program that looks out for devices that are back. Plain JavaScript without packages, as it lies
 * in a ConfigMap and is run by Node alone.
 *
 * Argo CD compares an application again when Git changes, when the cluster changes, or after
 * `timeout.reconciliation`. Of a device that was away it knows neither, so it would go on for ten
 * minutes with what it knew last (measured: 93 of 100 after 202 s; all after 21 s when asked). The
 * annotation asks it at once: argo-cd.readthedocs.io, "argocd.argoproj.io/refresh".
 *
 * A device shakes hands when it boots, long before its API server answers: so it is asked again,
 * every few seconds, until all is in sync or the time is up.
 */
export const reconnectScript = `// Written by flotilla: asks Argo CD to look again at devices that are back.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const {
  HUB_SERVER = "https://kubernetes.default.svc",
  HUB_TOKEN_FILE = account + "/token",
  GATEWAYS = "",
  LOOK_SECONDS = "2",
} = process.env;
const applications = HUB_SERVER + "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";

const presentSeconds = 180;
const watchSeconds = 15 * 60;
const againSeconds = 5;
const settleSeconds = 30;

/** Device name → when it was seen to be back, in seconds since 1970. */
const back = new Map();
/** Gateway → the devices that were present at the last look that it answered. */
const present = new Map();
/** Application name → when it was asked last. */
const asked = new Map();

const now = () => Date.now() / 1000;
const say = (error) => console.error(error.cause?.message ?? error.message);

/** The devices whose last handshake with the gateway is young enough. */
async function presentDevices(gateway) {
  const names = new Set();
  const answer = await fetch(gateway + "/metrics", { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(gateway + ": " + answer.status);
  for (const line of (await answer.text()).split("\\n")) {
    if (!line.startsWith("wireguard_latest_handshake_seconds{")) continue;
    const name = /friendly_name="([^"]*)"/.exec(line)?.[1];
    const handshake = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (name && now() - handshake <= presentSeconds) names.add(name);
  }
  return names;
}

async function call(url, options = {}) {
  const token = readFileSync(HUB_TOKEN_FILE, "utf8").trim();
  const headers = { authorization: "Bearer " + token, ...options.headers };
  const answer = await fetch(url, { ...options, headers, signal: AbortSignal.timeout(30000) });
  if (!answer.ok) throw new Error((options.method ?? "GET") + " " + url + ": " + answer.status);
  return answer.json();
}

async function* allApplications() {
  for (let next = ""; ; ) {
    const page = await call(applications + "?limit=500&continue=" + encodeURIComponent(next));
    yield* page.items;
    next = page.metadata.continue ?? "";
    if (next === "") return;
  }
}

async function refresh({ metadata: { name } }) {
  asked.set(name, now());
  await call(applications + "/" + name, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify({
      metadata: { annotations: { "argocd.argoproj.io/refresh": "normal" } },
    }),
  });
}

async function look() {
  for (const gateway of GATEWAYS.split(" ").filter(Boolean)) {
    const before = present.get(gateway) ?? new Set();
    const names = await presentDevices(gateway).catch((error) => {
      say(error);
      return before;
    });
    for (const name of names) if (!before.has(name)) back.set(name, now());
    for (const name of before) if (!names.has(name)) back.delete(name);
    present.set(gateway, names);
  }
  for (const [name, since] of back) if (now() - since > watchSeconds) back.delete(name);
  if (back.size === 0) return asked.clear();

  const unsettled = new Set();
  for await (const application of allApplications()) {
    const { name, labels = {} } = application.metadata;
    const since = back.get(labels["flotilla.dev/device"]);
    if (since === undefined) continue;
    const last = asked.get(name) ?? 0;
    // What Argo CD calls in sync was so when the device was seen last: it is asked once, at least.
    if (last >= since && application.status?.sync?.status === "Synced") continue;
    unsettled.add(labels["flotilla.dev/device"]);
    if (now() - last < againSeconds) continue;
    console.log(name + " is asked again: its device is back");
    await refresh(application);
  }
  // A device whose applications are not made yet stays until the time is up.
  for (const [name, since] of back) {
    if (!unsettled.has(name) && now() - since > settleSeconds) back.delete(name);
  }
}

process.on("SIGTERM", () => process.exit(0));
for (;;) {
  await look().catch(say);
  await sleep(Number(LOOK_SECONDS) * 1000);
}
`;
