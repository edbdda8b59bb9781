/**
 * Sign-on by the real oauth2-proxy 7.15.3, with the arguments and the file that its chart makes of our values
 * (helm/oauth2-proxy/templates at 10.7.0), a GitHub on loopback, and the headers of the ingress controller.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdk8s";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Oauth2Proxy, oauth2Proxy } from "../../../gitops/addons/oauth2-proxy.ts";
import { processes, type Processes } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { freePort } from "../telemetry/telemetry-hub.ts";
import { parsed, valuesOf } from "./platform.ts";

const binary = peerPath("oauth2-proxy-7.15.3");
const why = binary ? "" : " (SKIPPED: run test/peers/build.sh oauth2-proxy)";

/** The addresses of the ingress controller, and of a pod that is not one of the cluster's. */
const [controller, stranger] = ["127.0.0.2", "127.0.0.3"];
const [grafana, kibana] = ["grafana.edge.harbor.example", "kibana.edge.harbor.example"];

interface Values {
  readonly config: {
    readonly cookieName: string;
    readonly emailDomains: readonly string[];
    readonly upstreams: readonly string[];
  };
  readonly extraArgs: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe.skipIf(!binary)(`sign-on${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "sign-on-"));
  let all: Processes;
  let port: number;
  let github: Server;
  /** Token → organizations of its user. */
  const users = new Map([
    ["member", ["harbor", "others"]],
    ["outsider", ["others"]],
  ]);

  beforeAll(async () => {
    github = createServer((asked, answer) => {
      const url = new URL(asked.url ?? "", "http://github");
      const token = (asked.headers.authorization ?? "").split(" ")[1] ?? "";
      const answers: Readonly<Record<string, unknown>> = {
        // By which it sees that a token is good.
        "/": {},
        "/user": { login: token, email: `${token}@example.com` },
        "/user/emails": [{ email: `${token}@example.com`, primary: true, verified: true }],
        "/user/orgs":
          url.searchParams.get("page") === "1" || !url.searchParams.has("page")
            ? users.get(token)?.map((login) => ({ login }))
            : [],
        "/user/teams": [],
      };
      let body = "";
      asked.on("data", (part: Buffer) => (body += part.toString()));
      asked.on("end", () => {
        const code = new URLSearchParams(body).get("code");
        const content = url.pathname === "/token" ? { access_token: code } : answers[url.pathname];
        answer.writeHead(content === undefined ? 404 : 200, { "content-type": "application/json" });
        answer.end(JSON.stringify(content ?? {}));
      });
    });
    await new Promise<void>((resolve) => github.listen(0, "127.0.0.1", resolve));
    const api = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
    const addon = new Oauth2Proxy(new App(), "oauth2-proxy", {
      ...parsed(oauth2Proxy),
      domain: "edge.harbor.example",
      organization: "harbor",
      podsRange: `${controller}/32`,
    });
    const { config, extraArgs } = valuesOf(addon) as unknown as Values;
    const file = join(folder, "oauth2_proxy.cfg");
    const lines = { email_domains: config.emailDomains, upstreams: config.upstreams };
    const text = Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    writeFileSync(file, text.join(""));
    port = await freePort();
    all = processes(folder);
    const service = all.service({
      name: "oauth2-proxy",
      command: [
        binary ?? "",
        `--http-address=0.0.0.0:${port}`,
        `--cookie-name=${config.cookieName}`,
        ...Object.entries(extraArgs).map(([name, value]) => `--${name}=${value}`),
        `--config=${file}`,
        // In place of GitHub's.
        `--login-url=${api}/login`,
        `--redeem-url=${api}/token`,
        `--validate-url=${api}/`,
      ],
      // The chart fills them from the Secret `login`.
      environment: {
        OAUTH2_PROXY_CLIENT_ID: "client",
        OAUTH2_PROXY_CLIENT_SECRET: "secret",
        OAUTH2_PROXY_COOKIE_SECRET: "0123456789abcdef0123456789abcdef",
      },
      ready: async () => (await ask("/ping")).status === 200,
    });
    await service.start();
  }, 90_000);

  afterAll(async () => {
    github.closeAllConnections();
    github.close();
    await all.end();
    rmSync(folder, { recursive: true });
  });

  /** What the proxy answers to a request that the ingress controller passes on. */
  function ask(
    path: string,
    { host = grafana, cookies = "", from = controller } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        host: "oauth2-proxy.oauth2-proxy",
        "x-forwarded-host": host,
        "x-forwarded-proto": "https",
        "x-forwarded-for": "198.51.100.7",
        cookie: cookies,
      };
      const options = { host: "127.0.0.1", port, path, headers, localAddress: from };
      const asked = request(options, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (part: string) => (body += part));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
        );
      });
      asked.on("error", reject).end();
    });
  }

  const cookiesOf = ({ headers }: Answer) =>
    (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");

  /** Signs in with a code that GitHub gave to a user. */
  async function signIn(user: string, back = `https://${grafana}/d/1`): Promise<Answer> {
    const start = await ask(`/oauth2/start?rd=${encodeURIComponent(back)}`);
    const state = new URL(start.headers.location ?? "").searchParams.get("state") ?? "";
    const query = new URLSearchParams({ code: user, state }).toString();
    return ask(`/oauth2/callback?${query}`, { cookies: cookiesOf(start) });
  }

  test("nobody gets through without it, and sees the page with the button", async () => {
    expect((await ask("/oauth2/auth")).status).toBe(401);
    expect((await ask("/oauth2/auth", { cookies: "__Secure-login=x" })).status).toBe(401);
    const page = await ask("/oauth2/sign_in");
    expect(page.body).toContain("Sign in with GitHub");
  });

  test("GitHub sends the browser back to the host that it came from", async () => {
    for (const host of [grafana, kibana]) {
      const { status, headers } = await ask("/oauth2/start", { host });
      expect(status).toBe(302);
      const query = new URL(headers.location ?? "").searchParams;
      expect(query.get("redirect_uri")).toBe(`https://${host}/oauth2/callback`);
      expect(query.get("client_id")).toBe("client");
    }
  });

  test("a host that somebody else than the ingress controller names is not believed", async () => {
    const { headers } = await ask("/oauth2/start", { host: "evil.example", from: stranger });
    const back = new URL(headers.location ?? "").searchParams.get("redirect_uri") ?? "";
    expect(new URL(back).host).toBe("oauth2-proxy.oauth2-proxy");
  });

  test("a member of the organization signs in once for every host", async () => {
    const done = await signIn("member");
    expect([done.status, done.headers.location]).toEqual([302, `https://${grafana}/d/1`]);
    const session = (done.headers["set-cookie"] ?? []).find((cookie) =>
      cookie.startsWith("__Secure-login="),
    );
    expect(session).toMatch(/; Domain=\.?edge\.harbor\.example;/);
    for (const word of ["HttpOnly", "Secure", "SameSite=Lax", "Max-Age=86400"]) {
      expect(session).toContain(`; ${word}`);
    }
    for (const host of [grafana, kibana]) {
      expect((await ask("/oauth2/auth", { host, cookies: cookiesOf(done) })).status).toBe(202);
    }
  });

  test("who is not a member does not", async () => {
    const { status, headers } = await signIn("outsider");
    // Its way to say so.
    expect(status).toBe(500);
    expect(JSON.stringify(headers["set-cookie"] ?? [])).not.toContain("__Secure-login=");
  });

  test.each([
    "https://evil.example/",
    "//evil.example",
    "https://edge.harbor.example.evil.example/",
  ])("nobody is sent to %s", async (back) => {
    const { status, headers } = await signIn("member", back);
    expect([status, headers.location]).toEqual([302, `https://${grafana}/`]);
  });
});
