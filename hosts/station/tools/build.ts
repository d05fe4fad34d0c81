/**
 * The command `npm run build`: makes `dist`, which is what `npm pack` packs. It runs with Node and the dependencies alone. The program is
 * one file, and what it reads lies as it does in the sources.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { bundleConsole } from "../http/console-bundle.ts";

const HOSTS = new URL("../../", import.meta.url);
const DIST = new URL("../dist/", HOSTS);
const PROGRAM = new URL("station/cli/fieldpager.js", DIST);
const CONSOLE = new URL("station/console/", DIST);
const FACES = new URL("moddable/faces/", DIST);

/** Each source finds files from its own place, as if it were not in one file with the others. */
const ownPlaces: Plugin = {
  name: "own places",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]hosts[\\/].*\.ts$/ }, ({ path }) => {
      const place = new URL(pathToFileURL(path).href.slice(HOSTS.href.length), DIST);
      const fromProgram = relative(fileURLToPath(new URL(".", PROGRAM)), fileURLToPath(place)).replaceAll("\\", "/");
      const own = `new URL(${JSON.stringify(fromProgram)}, import.meta.url).href`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", own), loader: "ts" };
    }),
};

rmSync(DIST, { recursive: true, force: true });
await build({
  entryPoints: [fileURLToPath(new URL("station/cli/fieldpager.ts", HOSTS))],
  outfile: fileURLToPath(PROGRAM),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  // It is for the sources. Here the console is built already.
  external: ["*/console-bundle.ts"],
  plugins: [ownPlaces],
  banner: { js: "#!/usr/bin/env node" },
  logLevel: "warning",
});
chmodSync(PROGRAM, 0o755);
mkdirSync(CONSOLE, { recursive: true });
const { js, css } = bundleConsole();
writeFileSync(new URL("console.js", CONSOLE), js);
writeFileSync(new URL("console.css", CONSOLE), css);
cpSync(new URL("station/console/console.html", HOSTS), new URL("console.html", CONSOLE));
for (const name of readdirSync(new URL("moddable/faces/", HOSTS)))
  if (/\.(?:fnt|png)$/.test(name)) cpSync(new URL(`moddable/faces/${name}`, HOSTS), new URL(name, FACES));
