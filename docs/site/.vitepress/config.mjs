// The site of the documents: the Markdown files of the repository as they are, with a search. `make docs` builds it
// into dist/docs. A link to a file that is not a page keeps its text only: the site has no place for the file.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const isPage = (path) =>
  /^(README|ARCHITECTURE|SECURITY|CONTRIBUTING|CHANGELOG|docs\/.*)\.md$/.test(path);
/** Copies of the pages: the packages of the site are above them, as Vite expects. */
const pages = join(root, "docs", "site", "pages");
rmSync(pages, { recursive: true, force: true });
cpSync(join(root, "docs", "images"), join(pages, "docs", "images"), { recursive: true });
for (const path of readdirSync(root).concat(
  readdirSync(join(root, "docs"), { recursive: true }).map((each) => `docs/${each}`),
)) {
  if (isPage(path) && !path.startsWith("docs/site/")) cpSync(join(root, path), join(pages, path));
}
const styles = readFileSync(join(root, "docs", "site", "style.css"), "utf8");
const titleOf = (path) => /^# (.*)$/m.exec(readFileSync(join(root, path), "utf8"))?.[1] ?? path;
const item = (path) => ({ text: titleOf(path), link: `/${path.replace(/\.md$/, "")}` });
/** The pages of a folder that a page links to, as paths from the root. */
const linksOf = (page, folder) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#]+\.md)\)/g)]
    .map(([, link]) => posix.join(posix.dirname(page), link))
    .filter((path) => path.startsWith(posix.join(posix.dirname(page), folder, "/")));
const group = (text, paths) => ({ text, items: paths.map(item) });

export default defineConfig({
  title: "Flotilla",
  description:
    "One fleet file in; a cloud hub, a GitOps repository and self-installing edge devices out.",
  lang: "en",
  srcDir: pages,
  outDir: join(root, "dist", "docs"),
  cacheDir: join(root, "dist", ".docs-cache"),
  rewrites: { "README.md": "index.md" },
  cleanUrls: false,
  head: [["style", {}, styles]],
  // As the system is: the pictures of a page follow the system too, not a switch of the page.
  appearance: "force-auto",
  // No clock and no Git in what is made.
  lastUpdated: false,
  vite: { plugins: [searchIsDialog()] },
  themeConfig: {
    search: { provider: "local" },
    externalLinkIcon: true,
    outline: [2, 3],
    nav: [
      { text: "Documents", link: "/docs/README" },
      { text: "Tutorial", link: "/docs/tutorial" },
      { text: "Reference", link: "/docs/reference/fleet" },
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    sidebar: [
      group("Start", ["README.md", "docs/tutorial.md"]),
      // In the order of the list of documents.
      group("How to", linksOf("docs/README.md", "how-to")),
      group("Reference", [
        "docs/reference/fleet.md",
        "docs/reference/commands.md",
        "docs/reference/alerts.md",
        "docs/reference/infra.md",
        "docs/reference/gitops.md",
        "docs/reference/edge.md",
        "docs/reference/hardware.md",
        "docs/reference/limits.md",
        "docs/reference/statuses.md",
        "docs/reference/measured.md",
      ]),
      group("Explanation", [...linksOf("docs/README.md", "explanation"), "SECURITY.md"]),
      group("Project", [
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "docs/decisions/README.md",
        "CHANGELOG.md",
      ]),
    ],
  },
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config(md) {
      md.core.ruler.push("flotilla-links", ({ tokens, env }) => {
        const folder = posix.dirname(env.relativePath ?? "");
        for (const { children } of tokens) dropFileLinks(children ?? [], folder);
      });
    },
  },
});

/**
 * VitePress 1.6 calls its search a button, and its results options, with buttons and links inside: a screen reader does not
 * get to these. It becomes a dialog with a list of links.
 */
function searchIsDialog() {
  const replacements = [
    [
      /role="button"\s+:aria-owns="[^"]*"\s+aria-expanded="true"\s+aria-haspopup="listbox"\s+aria-labelledby="localsearch-label"/,
      'role="dialog" aria-modal="true" aria-label="Search"',
    ],
    [/:aria-activedescendant="[^"]*"\s+aria-autocomplete="both"\s+:aria-controls="[^"]*"/, ""],
    [/:role="results\?\.length \? 'listbox' : undefined"/, ""],
    [/:aria-selected="[^"]*"\s+role="option"/, ""],
    [/:aria-label="\[\.\.\.p\.titles, p\.title\][^"]*"/, ""],
  ];
  return {
    name: "flotilla-search-dialog",
    enforce: "pre",
    transform(source, file) {
      if (!file.endsWith("/VPLocalSearchBox.vue")) return undefined;
      return replacements.reduce((text, [found, better]) => {
        if (!found.test(text)) throw new Error(`VitePress has another search, without ${found}`);
        return text.replace(found, better);
      }, source);
    },
  };
}

/** Makes text of links to files that are in the repository and not in the site. */
function dropFileLinks(children, folder) {
  let isDropped = false;
  for (const token of children) {
    if (token.type === "link_open") {
      const [path = ""] = (token.attrGet("href") ?? "").split("#");
      const target = posix.normalize(posix.join(folder, path));
      isDropped =
        path !== "" && !/^[a-z]+:/.test(path) && !isPage(target) && existsSync(join(root, target));
      if (isDropped)
        Object.assign(token, { type: "text", tag: "", content: "", nesting: 0, attrs: null });
    } else if (token.type === "link_close" && isDropped) {
      Object.assign(token, { type: "text", tag: "", content: "", nesting: 0 });
      isDropped = false;
    }
  }
}
