/** The console as it is served: bundled in memory when the station starts, so that there is no folder of built files. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export interface ConsolePage {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

const folder = new URL("console/", import.meta.url);

/** Bundles the console. `env` is what its pager uses in its topics. */
export async function buildConsolePage(env: string): Promise<ConsolePage> {
  // In one call that leaves no process behind, as the one that answers later does.
  const bundle = buildSync({
    entryPoints: [fileURLToPath(new URL("main.tsx", folder))],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "silent",
  });
  const [html, style] = await Promise.all(
    ["console.html", "console.css"].map((name) => readFile(new URL(name, folder), "utf8")),
  );
  return {
    html: (html ?? "").replace("{{env}}", () => escapeHtml(env)),
    script: bundle.outputFiles[0]?.text ?? "",
    style: style ?? "",
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
