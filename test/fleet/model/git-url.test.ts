import { expect, test } from "vitest";
import { isUrl } from "../../../fleet/model/git-url.ts";

test("a remote is a URL or a path", () => {
  const urls = [
    "https://a.example/x",
    "file:///x",
    "git@a.example:x.git",
    "a.example:x",
    "ssh://a/x",
  ];
  expect(urls.filter((remote) => !isUrl(remote))).toEqual([]);
  const paths = ["dist/state.git", "/srv/x.git", "../x", "C:\\state", "./a:b", "state.git"];
  expect(paths.filter(isUrl)).toEqual([]);
});
