/**
 * The command `npm run build`: makes `dist`, which is what `npm pack` packs. It runs with Node and the dependencies alone. The program is
 * one file, and what it reads lies as it does in the sources.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleConsole } from "../http/console-bundle.ts";

const HOSTS = new URL("../../", import.meta.url);
const DIST = new URL("../dist/", HOSTS);
const PROGRAM = fileURLToPath(new URL("station/cli/fieldpager.js", DIST));
const CONSOLE = new URL("station/console/", DIST);
const FACES = new URL("moddable/faces/", DIST);

rmSync(DIST, { recursive: true, force: true });
await build({
  entryPoints: [fileURLToPath(new URL("station/cli/fieldpager.ts", HOSTS))],
  outfile: PROGRAM,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  // It is for the sources. Here the console is built already.
  external: ["*/console-bundle.ts"],
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
