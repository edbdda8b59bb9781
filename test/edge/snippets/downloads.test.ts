/** Snippets that change how Ignition downloads at a site with a proxy. */
import { expect, test } from "vitest";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const url = "http://proxy.shop.example:3128";
const proxied = usual.replace("profile: mini-pc", `profile: mini-pc, proxy: { http: "${url}" }`);
const own = (fields: string) => `ignition: { proxy: { ${fields} } }\n`;

test.each([
  [`http_proxy: "https://other:1"`, "ignition.proxy.http_proxy"],
  [`https_proxy: "https://other:1"`, "ignition.proxy.https_proxy"],
])("%s is refused", (fields, path) => {
  expect(mistakesIn(own(fields), proxied)).toEqual([
    expect.stringMatching(
      new RegExp(
        `${path}: it would replace the proxy that the fleet file declares. Delete it here`,
      ),
    ),
  ]);
});

test("what adds to it, says the same, or is at a site without a proxy is accepted", () => {
  expect(mistakesIn(own("no_proxy: [a.example]"), proxied)).toEqual([]);
  expect(mistakesIn(own(`http_proxy: "${url}"`), proxied)).toEqual([]);
  expect(mistakesIn(own(`http_proxy: "https://other:1"`))).toEqual([]);
});
