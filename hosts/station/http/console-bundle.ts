import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = new URL("../console/", import.meta.url);

/** Scripts and styles of the console, from their sources. */
export function bundleConsole(): { readonly js: string; readonly css: string } {
  // The synchronous call leaves no process of esbuild behind.
  const { outputFiles } = buildSync({
    entryPoints: ["main.tsx", "console.css"].map((name) => fileURLToPath(new URL(name, folder))),
    bundle: true,
    write: false,
    outdir: "/",
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "silent",
  });
  const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
  return { js: textOf(".js"), css: textOf(".css") };
}
