/** The proxy of a site: what a device has of it, and the words on each mistake. */
import { describe, expect, test } from "vitest";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

const shop = 'proxy: { http: "http://proxy.shop.example:3128/" }';

test("http is for all addresses where https is omitted, and has no slash at its end", () => {
  expect(devicesOf({ site: shop })[0].machine?.proxy).toEqual({
    http: "http://proxy.shop.example:3128",
    https: "http://proxy.shop.example:3128",
    except: [],
    login: null,
  });
});

test("a device adds a login to the proxy of its site, and replaces the exceptions", () => {
  const [first, second] = devicesOf({
    profile: "proxy: { except: [.shop.example] }",
    site: 'proxy: { https: "https://[2001:db8::9]:3129" }',
    override: 'proxy: { login: { env: PROXY_LOGIN }, except: [10.0.0.0/8, "2001:db8::/32"] }',
  });
  expect(first.machine?.proxy).toEqual({
    http: null,
    https: "https://[2001:db8::9]:3129",
    except: [".shop.example"],
    login: null,
  });
  const login = { form: "proxy-login", from: "env", name: "PROXY_LOGIN" };
  expect(second.machine?.proxy).toMatchObject({ login, except: ["10.0.0.0/8", "2001:db8::/32"] });
});

test.each(["file: site.txt", "env: SITE"])("a device replaces its site's login { %s }", (login) => {
  const site = `proxy: { http: "http://p:1", login: { ${login} } }`;
  for (const [own, from] of [
    ["env: OWN", "env"],
    ["file: own.txt", "file"],
  ]) {
    const [first, second] = devicesOf({ site, override: `proxy: { login: { ${own} } }` });
    expect(first.machine?.proxy?.login?.name.toLowerCase()).toMatch("site");
    expect(second.machine?.proxy?.login).toMatchObject({ from, name: own?.split(": ")[1] });
  }
});

test.each(["proxy", "proxy.shop.example", "10.1.2.3", "[2001:db8::9]", "[::ffff:10.1.2.3]"])(
  "the host of a proxy can be %s",
  (host) => {
    expect(mistakesOf({ site: `proxy: { http: "http://${host}:3128" }` })).toEqual([]);
  },
);

test.each([
  "intranet",
  "shop.example",
  ".shop.example",
  "10.1.2.3",
  "10.0.0.0/8",
  "2001:db8::1",
  "2001:db8::/32",
  "::/0",
])("an exception can be %s", (each) => {
  const except = `except: [${JSON.stringify(each)}]`;
  expect(mistakesOf({ site: `proxy: { http: "http://p:1", ${except} }` })).toEqual([]);
});

const like = "Write one like http://proxy.example.com:3128.";

describe("a mistake in the URL", () => {
  test.each([
    ["proxy.shop.example:3128", `"proxy.shop.example:3128" has no scheme. ${like}`],
    ["", `"" has no scheme. ${like}`],
    ["//proxy:3128", `"//proxy:3128" has no scheme. ${like}`],
    [
      "socks5://proxy:1080",
      '"socks5://proxy:1080" is a SOCKS proxy, which Ignition cannot use. Write the URL of an HTTP proxy, like http://proxy.example.com:3128.',
    ],
    ["ftp://proxy:21", `"ftp://proxy:21" has the scheme ftp, expected http or https. ${like}`],
    ["HTTP://proxy:21", `"HTTP://proxy:21" has the scheme HTTP, expected http or https. ${like}`],
    [
      "http://proxy",
      `"http://proxy" has no port, and programs do not agree about the default one. ${like}`,
    ],
    [
      "http://proxy:",
      `"http://proxy:" has no port, and programs do not agree about the default one. ${like}`,
    ],
    ["http://proxy:0", `"http://proxy:0" has an invalid port, expected 1 to 65535. ${like}`],
    [
      "http://proxy:65536",
      `"http://proxy:65536" has an invalid port, expected 1 to 65535. ${like}`,
    ],
    [
      "http://proxy:squid",
      `"http://proxy:squid" has an invalid port, expected 1 to 65535. ${like}`,
    ],
    ["http://:3128", `"http://:3128" has no valid host. ${like}`],
    ["http://300.1.1.1:3128", `"http://300.1.1.1:3128" has no valid host. ${like}`],
    [
      "http://2001:db8::9:3128",
      '"http://2001:db8::9:3128" has an IPv6 address without brackets. Write one like http://[2001:db8::9]:3128.',
    ],
    ["http://[2001:zz::9]:3128", `"http://[2001:zz::9]:3128" has no valid host. ${like}`],
    ["http://[10.1.2.3]:3128", `"http://[10.1.2.3]:3128" has no valid host. ${like}`],
    ["http://my proxy:3128", `"http://my proxy:3128" has no valid host. ${like}`],
    ["http://p$HOME:3128", `"http://p$HOME:3128" has no valid host. ${like}`],
    [
      "http://proxy:3128/wpad.dat",
      '"http://proxy:3128/wpad.dat" has a path, and a proxy has none. Write scheme, host and port only, like http://proxy.example.com:3128.',
    ],
    [
      "http://proxy:3128?a=b",
      '"http://proxy:3128?a=b" has a path, and a proxy has none. Write scheme, host and port only, like http://proxy.example.com:3128.',
    ],
    [
      "http://127.0.0.1:3128",
      '"http://127.0.0.1:3128" is the device itself, where no proxy runs at the first boot. Write the proxy of the site.',
    ],
    [
      "http://[0:0::1]:3128",
      '"http://[0:0::1]:3128" is the device itself, where no proxy runs at the first boot. Write the proxy of the site.',
    ],
  ])("%s", (url, message) => {
    const levels = { site: `proxy: { http: ${JSON.stringify(url)} }` };
    expect(mistakesOf(levels)).toEqual([`12:20: sites.boston.proxy.http: ${message}`]);
  });

  test.each([
    "http://till:hunter2@proxy:3128",
    "till:hunter2@proxy:3128",
    "http://till@proxy:3128",
  ])("a login is not repeated: %s", (url) => {
    expect(mistakesOf({ site: `proxy: { https: ${JSON.stringify(url)} }` })).toEqual([
      "12:21: sites.boston.proxy.https: this URL contains a login, and the fleet file is in Git. Write the URL without it, and the login under login, like { env: PROXY_LOGIN }.",
    ]);
  });
});

describe("a mistake in an exception", () => {
  const wrong =
    "is not a valid exception. Write a name, a domain with a leading dot, an address or a range, like .example.com or 10.0.0.0/8.";
  test.each([
    [
      "https://a.example",
      '"https://a.example" has a scheme. Write the host only, like registry.example.com.',
    ],
    [
      "a.example,b.example",
      '"a.example,b.example" is more than one exception. Write each of them as an item of the list.',
    ],
    [
      "a.example b.example",
      '"a.example b.example" is more than one exception. Write each of them as an item of the list.',
    ],
    ["*", '"*" would exclude every host. Omit proxy instead.'],
    [
      "*.a.example",
      '"*.a.example" has a wildcard, which not every program understands. Write .a.example: it matches all names below that domain.',
    ],
    [
      "a.example:5000",
      '"a.example:5000" has a port, which not every program understands. Write the host only.',
    ],
    [
      "[2001:db8::9]:5000",
      '"[2001:db8::9]:5000" has a port, which not every program understands. Write the host only.',
    ],
    ["a.example/v2", '"a.example/v2" has a path. Write the host only, like registry.example.com.'],
    ["10.1.2.3/8", '"10.1.2.3/8" is an address inside a range. Write the range: 10.0.0.0/8.'],
    [
      "10.0.0.0/33",
      '"10.0.0.0/33" is not a valid IPv4 range. Write an address and a prefix length, like 10.0.0.0/16.',
    ],
    [
      "2001:db8::/129",
      '"2001:db8::/129" is not a valid IPv6 range. Write an address and a prefix length, like 2001:db8::/32.',
    ],
    ["10.1.2", `"10.1.2" ${wrong}`],
    [".10.1.2.3", `".10.1.2.3" ${wrong}`],
    ["<local>", `"<local>" ${wrong}`],
    ["*shop", `"*shop" ${wrong}`],
    [".", `"." ${wrong}`],
    ["", `"" ${wrong}`],
  ])("%s", (each, message) => {
    const proxy = `proxy: { http: "http://p:1", except: [${JSON.stringify(each)}] }`;
    expect(mistakesOf({ site: proxy })).toEqual([`12:43: sites.boston.proxy.except.0: ${message}`]);
  });

  test.each([
    [
      "except: []",
      "12:42: sites.boston.proxy.except: this list is empty. Write at least one exception, or omit the key.",
    ],
    [
      "except: [a, b, a]",
      '12:49: sites.boston.proxy.except.2: "a" appears twice in this list. Delete one.',
    ],
    [
      "login: till:hunter2",
      "12:41: sites.boston.proxy.login: found a value that is not a reference to a secret. Write { file: path } or { env: NAME }: the fleet file is in Git.",
    ],
  ])("%s", (rest, mistake) => {
    const proxy = `proxy: { http: "http://p:1", ${rest} }`;
    expect(mistakesOf({ site: proxy })).toEqual([mistake]);
  });
});

test("a proxy without a URL is reported at its last place", () => {
  const except = "proxy: { except: [a.example] }";
  expect(mistakesOf({ profile: except, range: "proxy: { login: { env: A } }" })).toEqual([
    '16:5: devices.till-{1..2}.proxy: "http" and "https" are missing. Write the URL of the proxy, like http: "http://proxy.example.com:3128".',
  ]);
});
