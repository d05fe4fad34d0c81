/** Pictures of draw lists, painted on Node in the faces that are flashed. */
import { readFileSync } from "node:fs";
import { readSheet, type Sheet } from "../../hosts/browser/face-pictures.ts";
import { Rasteriser } from "../../hosts/browser/rasteriser.ts";
import { Face } from "../../hosts/face.ts";
import { type Faces, facesFrom, Lettering } from "../../hosts/lettering.ts";
import type { Picture } from "../../hosts/moddable/tools/picture.ts";
import { Shaper } from "../../hosts/station/runs/shaper.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { innerWidth } from "../../src/pager/screen/layout.ts";
import { NO_PICTURES, type RunPictures, runHash } from "../../src/pager/screen/runs.ts";
import { type TextWidths, textWidths } from "../../src/pager/screen/text-widths.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import { encodePicture } from "../../src/payload/optional/raster.ts";
import type { Scene } from "./scenes.ts";

const FOLDER = new URL("../../hosts/moddable/faces/", import.meta.url);

/** The faces of a board: with Latin letters only, or with Chinese, Japanese and Korean too. */
export type FaceSet = "latin" | "latin-cjk";

/** Every picture of text that the station can draw, at once. */
export async function allPictures({ width }: Size): Promise<RunPictures> {
  const shaper = await Shaper.open();
  const widthMax = Math.min(255, innerWidth({ width, height: 0 }));
  const drawn = new Map<string, Uint8Array | undefined>();
  const find = (sizePixels: number, text: string) => {
    const key = `${sizePixels} ${text}`;
    if (!drawn.has(key)) {
      const run = shaper.draw({ sizePixels, text }, widthMax, 4);
      drawn.set(key, run && encodePicture(run));
    }
    return drawn.get(key);
  };
  const sizes = Object.values(FONTS).map(({ sizePixels }) => sizePixels);
  // The layout knows the size only by the hash.
  const advanceOf = (hash: number, text: string, start: number, end: number) => {
    const sizePixels = sizes.find((size) => runHash(size, text, start, end) === hash) as number;
    return find(sizePixels, text.slice(start, end))?.[0] ?? 0;
  };
  return { version: 1, widthMax, advanceOf, find, beginScreen: () => {} };
}

export interface Painting {
  readonly widths: TextWidths;
  /** @param kind a screen of one bit shows black and white only */
  paint(drawList: DrawList, size: Size, kind?: ScreenKind): Picture;
}

/** @param pictures of what the faces lack; without them boxes stand there */
export async function openPainting(set: FaceSet, pictures: RunPictures = NO_PICTURES): Promise<Painting> {
  const names = ["latin-16", "latin-20", "latin-28", "latin-48", ...(set === "latin-cjk" ? ["cjk-16"] : [])];
  const loaded = new Map(await Promise.all(names.map(async (name) => [name, await loadFace(name)] as const)));
  const faces: Faces<Sheet> = facesFrom((name) => loaded.get(name));
  const lettering = new Lettering(faces);
  return {
    widths: textWidths((font, text) => lettering.measureText(font, text), pictures),
    paint(drawList, size, kind) {
      const rasteriser = new Rasteriser(size, faces);
      rasteriser.pictures = pictures;
      rasteriser.paint(drawList);
      const rgba = new Uint8ClampedArray(4 * size.width * size.height);
      rasteriser.copyTo(rgba);
      const shown = (level: number) => (kind !== "one bit" ? level : level < 128 ? 0 : 255);
      const { width, height } = size;
      return { width, height, rgb: Uint8Array.from(rgba.filter((_, index) => index % 4 < 3)).map(shown) };
    },
  };
}

/** Paints scenes in all faces. Those of pictures of text have all of them, the others have boxes. */
export async function paintScenes(): Promise<(scene: Scene) => Picture> {
  const boxes = await openPainting("latin-cjk");
  const runs = await openPainting("latin-cjk", await allPictures({ width: 320, height: 240 }));
  return ({ group, screen, draw }) => {
    const { widths, paint } = group === "runs" ? runs : boxes;
    return paint(draw(widths), screen, screen.kind);
  };
}

async function loadFace(name: string): Promise<Face<Sheet>> {
  const { buffer, byteOffset, byteLength } = readFileSync(new URL(`${name}.fnt`, FOLDER));
  return new Face(
    new DataView(buffer, byteOffset, byteLength),
    await readSheet(readFileSync(new URL(`${name}.png`, FOLDER))),
  );
}
