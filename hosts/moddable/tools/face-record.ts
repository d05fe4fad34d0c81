/**
 * What the faces were made from. A test holds it against the files, so that nobody changes a face by hand or forgets
 * `npm run faces`.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./command.ts";

export const FACES_FOLDER = join(ROOT, "hosts", "moddable", "faces");

/** The fonts, all under the SIL Open Font License 1.1. */
export const FONT_PACKAGES = Object.freeze([
  "@fontsource-variable/noto-sans",
  "@fontsource/noto-sans-symbols",
  "@fontsource/noto-sans-symbols-2",
  "@fontsource/noto-sans-math",
  "@fontsource-variable/noto-sans-sc",
  "@fontsource-variable/noto-sans-jp",
  "@fontsource-variable/noto-sans-kr",
]);

const RASTERISER = "@napi-rs/canvas";
const SCRIPTS = ["face-characters.ts", "face-file.ts", "face-glyphs.ts", "faces.ts"];

export interface FaceRecord {
  /** Versions of the npm packages. */
  readonly packages: Readonly<Record<string, string>>;
  /** SHA-256 of each file, in hexadecimal: the scripts, then what they made. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly faces: Readonly<Record<string, string>>;
}

export function recordOf(): FaceRecord {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const made = readdirSync(FACES_FOLDER).filter((name) => /\.(?:fnt|png)$/.test(name));
  return {
    packages: Object.fromEntries([RASTERISER, ...FONT_PACKAGES].map((name) => [name, dependencies[name]])),
    scripts: digests(join(ROOT, "hosts", "moddable", "tools"), SCRIPTS),
    faces: digests(FACES_FOLDER, made.sort()),
  };
}

function digests(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}
