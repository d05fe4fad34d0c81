/** The files of the console. A station that runs from its sources bundles them in memory when it starts. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

export interface ConsolePage {
  readonly files: readonly ConsoleFile[];
}
export interface ConsoleFile {
  readonly path: string;
  readonly type: string;
  readonly content: string | Buffer;
}

const folder = new URL("../console/", import.meta.url);
const facesFolder = new URL("../../moddable/faces/", import.meta.url);
const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="3" width="14" height="10" rx="2" ' +
  'fill="#12324a"/><rect x="3" y="5" width="10" height="4" fill="#9fe8c8"/></svg>';

/** Scripts and styles, the same for every station in this process. */
let bundle: { readonly js: string; readonly css: string } | undefined;

/** Makes the console's files. `env` is what its pager uses in its topics. */
export async function buildConsolePage(env: string): Promise<ConsolePage> {
  bundle ??= await consoleTexts();
  const html = await readFile(new URL("console.html", folder), "utf8");
  return {
    files: [
      { path: "/", type: "text/html; charset=utf-8", content: html.replace("{{env}}", () => escapeHtml(env)) },
      { path: "/console.js", type: "text/javascript; charset=utf-8", content: bundle.js },
      { path: "/console.css", type: "text/css; charset=utf-8", content: bundle.css },
      { path: "/favicon.ico", type: "image/svg+xml", content: FAVICON },
      ...(await readFaces()),
    ],
  };
}

/** The faces of the pager's screen, for `hosts/browser/faces.ts`. */
async function readFaces(): Promise<ConsoleFile[]> {
  const names = (await readdir(facesFolder)).filter((name) => /\.(?:fnt|png)$/.test(name));
  return Promise.all(
    names.map(async (name) => ({
      path: `/faces/${name}`,
      type: name.endsWith(".png") ? "image/png" : "application/octet-stream",
      content: await readFile(new URL(name, facesFolder)),
    })),
  );
}

/** The built files where there are any, as in a packed program; otherwise made from the sources. */
async function consoleTexts(): Promise<{ readonly js: string; readonly css: string }> {
  if (!existsSync(new URL("console.js", folder))) return (await import("./console-bundle.ts")).bundleConsole();
  const read = (name: string) => readFile(new URL(name, folder), "utf8");
  return { js: await read("console.js"), css: await read("console.css") };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
