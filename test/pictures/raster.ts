/** Pictures of draw lists, painted on Node in the faces that are flashed. */
import { readFileSync } from "node:fs";
import { readSheet, type Sheet } from "../../hosts/browser/face-pictures.ts";
import { Rasteriser } from "../../hosts/browser/rasteriser.ts";
import { Face } from "../../hosts/face.ts";
import { type Faces, facesFrom, Lettering } from "../../hosts/lettering.ts";
import type { Picture } from "../../hosts/simulator/tools/picture.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { type TextWidths, textWidths } from "../../src/pager/screen/text-widths.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";

const FOLDER = new URL("../../hosts/moddable/faces/", import.meta.url);

/** The faces of a board: with Latin letters only, or with Chinese, Japanese and Korean too. */
export type FaceSet = "latin" | "latin-cjk";

export interface Painting {
  readonly widths: TextWidths;
  /** @param kind a screen of one bit shows black and white only */
  paint(drawList: DrawList, size: Size, kind?: ScreenKind): Picture;
}

export async function openPainting(set: FaceSet): Promise<Painting> {
  const names = ["latin-16", "latin-20", "latin-28", "latin-48", ...(set === "latin-cjk" ? ["cjk-16"] : [])];
  const loaded = new Map(await Promise.all(names.map(async (name) => [name, await loadFace(name)] as const)));
  const faces: Faces<Sheet> = facesFrom((name) => loaded.get(name));
  const lettering = new Lettering(faces);
  return {
    widths: textWidths((font, text) => lettering.measureText(font, text)),
    paint(drawList, size, kind) {
      const rasteriser = new Rasteriser(size, faces);
      rasteriser.paint(drawList);
      const rgba = new Uint8ClampedArray(4 * size.width * size.height);
      rasteriser.copyTo(rgba);
      const shown = (level: number) => (kind !== "one bit" ? level : level < 128 ? 0 : 255);
      const { width, height } = size;
      return { width, height, rgb: Uint8Array.from(rgba.filter((_, index) => index % 4 < 3)).map(shown) };
    },
  };
}

async function loadFace(name: string): Promise<Face<Sheet>> {
  const { buffer, byteOffset, byteLength } = readFileSync(new URL(`${name}.fnt`, FOLDER));
  return new Face(
    new DataView(buffer, byteOffset, byteLength),
    await readSheet(readFileSync(new URL(`${name}.png`, FOLDER))),
  );
}
