/** `npm run faces`: makes the faces in `hosts/moddable/faces` from the Noto fonts, which npm has. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FONTS, type Font } from "../../../src/pager/screen/fonts.ts";
import { Refusal, ROOT, runCommand } from "./command.ts";
import {
  chineseCharacters,
  cjkCharacters,
  clockCharacters,
  INVISIBLE,
  latinCharacters,
  textCharacters,
} from "./face-characters.ts";
import { faceFiles, type Glyph } from "./face-file.ts";
import { drawFirst, invisible, type Line, registerFonts, type Style } from "./face-glyphs.ts";
import { FACES_FOLDER, FONT_PACKAGES, recordOf } from "./face-record.ts";

/** The families of Latin letters and signs, from the first. The weights are those that read well in white on black. */
const LATIN_FAMILIES: readonly Omit<Style, "sizePixels">[] = [
  { family: "noto-sans", weight: 500 },
  { family: "noto-sans-symbols", weight: 500 },
  { family: "noto-sans-symbols-2", weight: 400 },
  { family: "noto-sans-math", weight: 400 },
];

type FontSize = (typeof FONTS)[Font];

const CJK_PIXELS = 16;
/** Hangul is narrower than an ideograph in the same size. So it is a little larger. */
const HANGUL_PIXELS = 17;
const CJK_WEIGHT = 400;
/** The marks that make a kana voiced, where they are characters of their own. */
const VOICE_MARKS = [0x3099, 0x309a];

await runCommand(async (args) => {
  if (args.length > 0) throw new Refusal("faces takes no arguments");
  registerFonts();
  for (const font of Object.values(FONTS))
    writeLatin(
      font,
      font === FONTS.small ? latinCharacters() : font === FONTS.clock ? clockCharacters() : textCharacters(),
    );
  writeCjk(FONTS.small.lineHeight);
  for (const name of FONT_PACKAGES)
    copyFileSync(
      join(ROOT, "node_modules", name, "LICENSE"),
      join(FACES_FOLDER, `LICENSE-${name.split("/")[1] as string}.txt`),
    );
  writeFileSync(join(FACES_FOLDER, "made.json"), `${JSON.stringify(recordOf(), undefined, 2)}\n`);
  return 0;
});

function writeLatin({ sizePixels, lineHeight }: FontSize, codes: readonly number[]): void {
  const line = { lineHeight, base: Math.round(sizePixels * 1.07) };
  const styles = LATIN_FAMILIES.map((style) => ({ ...style, sizePixels }));
  const letterWidth = drawFirst(0x6f, styles, line).advance;
  const glyphs = codes.map((code) => {
    if (INVISIBLE.includes(code)) return invisible(code);
    const glyph = drawFirst(code, styles, line);
    return isAccent(code) ? overLetter(glyph, letterWidth) : glyph;
  });
  writeFace(`latin-${sizePixels}`, sizePixels, line, 256, glyphs);
}

/** All characters are as wide as high, but for the half-width kana. */
function writeCjk(lineHeight: number): void {
  const sizePixels = CJK_PIXELS;
  const line = { lineHeight, base: Math.round(sizePixels * 1.07) };
  const chinese = chineseCharacters();
  const style = (language: string, size = sizePixels): Style => ({
    family: `noto-sans-${language}`,
    weight: CJK_WEIGHT,
    sizePixels: size,
  });
  const [sc, jp, kr, hangul] = [style("sc"), style("jp"), style("kr"), style("kr", HANGUL_PIXELS)];
  const glyphs = cjkCharacters().map((code) => {
    if (code >= 0xac00 && code <= 0xd7a3) return drawFirst(code, [hangul], line, sizePixels);
    const isKorean = (code >= 0x3131 && code <= 0x3163) || (code >= 0x3200 && code <= 0x321e);
    if (VOICE_MARKS.includes(code)) return overFormer(drawFirst(code, [jp], line));
    const isHalf = code >= 0xff61 && code <= 0xff9f;
    const styles = isKorean ? [kr, sc, jp] : chinese.has(code) || code === 0xff0c ? [sc, jp, kr] : [jp, sc, kr];
    return drawFirst(code, styles, line, isHalf ? sizePixels / 2 : sizePixels);
  });
  writeFace(`cjk-${sizePixels}`, sizePixels, line, 1024, glyphs);
}

/** The accents that stand on the letter before them, but for the horn, which stands to the right of it. */
function isAccent(code: number): boolean {
  return code >= 0x300 && code <= 0x331 && code !== 0x31b;
}

/** Puts an accent onto the middle of the letter before it. Most letters are about as wide as an o. */
function overLetter(accent: Glyph, letterWidth: number): Glyph {
  return { ...accent, left: -Math.round((letterWidth + accent.width) / 2), advance: 0 };
}

/** Puts a mark onto the upper right corner of the character before it. */
function overFormer(mark: Glyph): Glyph {
  return { ...mark, left: -mark.width, advance: 0 };
}

function writeFace(name: string, sizePixels: number, line: Line, sheetWidth: number, glyphs: readonly Glyph[]): void {
  const { fnt, png } = faceFiles({ name, sizePixels, ...line, sheetWidth }, glyphs);
  writeFileSync(join(FACES_FOLDER, `${name}.fnt`), fnt);
  writeFileSync(join(FACES_FOLDER, `${name}.png`), png);
  process.stdout.write(`${name}: ${glyphs.length} characters, ${fnt.length + png.length} bytes\n`);
}
