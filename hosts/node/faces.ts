/** The faces on Node, which only measures: their tables, without the pictures. */
import { readFileSync } from "node:fs";
import type { MeasureText } from "../../src/seams.ts";
import { Face } from "../face.ts";
import { facesFrom, Lettering } from "../lettering.ts";

const FOLDER = new URL("../moddable/faces/", import.meta.url);

let lettering: Lettering<undefined> | undefined;

/** Width of one character in pixels, as a board with all faces draws it. */
export const measureText: MeasureText = (font, text) => {
  lettering ??= new Lettering(
    facesFrom((name) => new Face(viewOf(readFileSync(new URL(`${name}.fnt`, FOLDER))), undefined)),
  );
  return lettering.measureText(font, text);
};

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
