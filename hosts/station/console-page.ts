/** The console as it is served: bundled in memory when the station starts, so that there is no folder of built files. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface ConsolePage {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

const folder = new URL("console/", import.meta.url);

/** Bundles the console. `env` is what its pager uses in its topics. */
export async function buildConsolePage(env: string): Promise<ConsolePage> {
  const [bundle, html, style] = await Promise.all([
    build({
      entryPoints: [fileURLToPath(new URL("main.tsx", folder))],
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
      logLevel: "silent",
    }),
    readFile(new URL("console.html", folder), "utf8"),
    readFile(new URL("console.css", folder), "utf8"),
  ]);
  return { html: html.replace("{{env}}", () => escapeHtml(env)), script: bundle.outputFiles[0]?.text ?? "", style };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
