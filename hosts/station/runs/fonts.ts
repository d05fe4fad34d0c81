/** The fonts with which the station draws text, from npm. All are under the SIL Open Font License 1.1. */
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The family for each script. */
const SCRIPTS: readonly (readonly [letters: RegExp, family: string])[] = [
  ["Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada"],
  ["Malayalam", "Sinhala", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian", "Ethiopic", "Thaana"],
]
  .flat()
  .map((script) => [new RegExp(`\\p{Script=${script}}`, "u"), `noto-sans-${script.toLowerCase()}`] as const);

const SCOPES = Object.freeze({ variable: "@fontsource-variable/", steady: "@fontsource/" });

/** Families of characters that are not of these scripts, and for what a family of a script lacks. */
const OTHERS = ["noto-sans", "noto-sans-sc", "noto-sans-jp", "noto-sans-kr", "noto-emoji"];
const SIGNS = ["noto-sans-symbols", "noto-sans-symbols-2", "noto-sans-math"];

const PACKAGES = [
  ...[...OTHERS, ...SCRIPTS.map(([, family]) => family)].map((family) => SCOPES.variable + family),
  ...SIGNS.map((family) => SCOPES.steady + family),
];

/** Weight of the letters: what reads well in white on black, as in the faces of the boards. */
const WEIGHT = 500;

export type Canvas = typeof import("@napi-rs/canvas");

/**
 * The `font` of a canvas for a text in a size in pixels. The family of the text's script is the first: to find that a family
 * lacks a character takes long.
 */
export function fontOf(text: string, sizePixels: number): string {
  const script = SCRIPTS.find(([letters]) => letters.test(text))?.[1];
  const first = script ?? (/\p{Emoji_Presentation}|\ufe0f/u.test(text) ? "noto-emoji" : "noto-sans");
  const further = [...OTHERS, ...SIGNS, ...(script === undefined ? SCRIPTS.map(([, family]) => family) : [])];
  return `${WEIGHT} ${sizePixels}px ${[first, ...further].map((family) => `"${family}"`).join(", ")}`;
}

let loaded: Promise<Canvas> | undefined;

/**
 * Makes the fonts known, once in this process. It takes about a second, in small steps, so that the broker goes on meanwhile.
 * Rejects where a font is missing.
 */
export function loadFonts(): Promise<Canvas> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Canvas> {
  // Without this the library looks at the fonts of this machine too.
  process.env.DISABLE_SYSTEM_FONTS_LOAD = "1";
  const canvas = await import("@napi-rs/canvas");
  const { resolve } = createRequire(import.meta.url);
  for (const name of PACKAGES) {
    const folder = join(dirname(resolve(`${name}/package.json`)), "files");
    const ending = name.startsWith(SCOPES.variable) ? "-wght-normal.woff2" : "-normal.woff2";
    for (const file of (await readdir(folder)).filter((each) => each.endsWith(ending)).sort()) {
      if (!canvas.GlobalFonts.registerFromPath(join(folder, file), name.split("/")[1]))
        throw new Error(`${name}: ${file} is refused`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return canvas;
}
